import { broadcastShapes, sameShape, type OpName, type Shape, type Tensor } from '@rewardedit/graph';
import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import { siluGradient } from './activation.ts';
import { biasedConvolution } from './convolution.ts';
import type { Emitter, Value } from './emitter.ts';
import { inSinglePrecision } from './half-precision.ts';
import { filling, scalar } from './leaf.ts';
import { isNodeOf, type GraphView, type Lowering } from './lowering.ts';
import { biasedProduct, scaledProduct } from './matmul.ts';
import { joinedPads } from './movement.ts';
import { meanOf } from './reduction.ts';

/** An op of one operand that ONNX has under another name. */
function unary<Name extends OpName>(op: string): Lowering<Name> {
  return (emitter, inputs) => emitter.emit(op, inputs);
}

/** An op of several operands that ONNX has under another name, and that broadcasts them. */
function broadcasting<Name extends OpName>(op: string): Lowering<Name> {
  return (emitter, _, tensor, graph) => emitter.emit(op, compactOperands(emitter, tensor, graph));
}

/** A comparison: truth values become the numbers 0 and 1. */
function comparison<Name extends OpName>(op: string): Lowering<Name> {
  return (emitter, _, tensor, graph) =>
    emitter.emit('Cast', [emitter.emit(op, compactOperands(emitter, tensor, graph))], {
      attributes: { to: ELEMENT_TYPES[tensor.dtype] },
    });
}

/** A tensor before its elements were repeated, where they were. */
function compact(emitter: Emitter, tensor: Tensor, graph: GraphView): { value: Value; shape: Shape } {
  const number = filling(tensor);
  if (number !== undefined) return { value: scalar(emitter, number, tensor.dtype), shape: [] };
  const source = isNodeOf(tensor, 'broadcastTo') ? tensor.inputs[0] : tensor;
  return { value: graph.valueOf(source), shape: source.shape };
}

/** The operands, without repeating elements in memory that the op itself can repeat. */
function compactOperands(emitter: Emitter, { inputs, shape }: Tensor, graph: GraphView): readonly Value[] {
  const operands = inputs.map((operand) => compact(emitter, operand, graph));
  const joint = operands.reduce<Shape>((all, operand) => broadcastShapes(all, operand.shape)!, []);
  return sameShape(joint, shape) ? operands.map(({ value }) => value) : inputs.map(graph.valueOf);
}

export const elementwise = {
  neg: unary<'neg'>('Neg'),
  exp: unary<'exp'>('Exp'),
  log: unary<'log'>('Log'),
  sqrt: unary<'sqrt'>('Sqrt'),
  sin: unary<'sin'>('Sin'),
  cos: unary<'cos'>('Cos'),
  tanh: unary<'tanh'>('Tanh'),
  sigmoid: unary<'sigmoid'>('Sigmoid'),
  erf: unary<'erf'>('Erf'),
  abs: unary<'abs'>('Abs'),
  sub: broadcasting<'sub'>('Sub'),
  div: broadcasting<'div'>('Div'),
  maximum: broadcasting<'maximum'>('Max'),
  minimum: broadcasting<'minimum'>('Min'),
  greater: comparison<'greater'>('Greater'),
  equal: comparison<'equal'>('Equal'),
};

export const add: Lowering<'add'> = (emitter, inputs, tensor, graph) =>
  biasedConvolution(emitter, tensor, graph) ??
  biasedProduct(emitter, tensor, graph) ??
  siluGradient(emitter, tensor, graph) ??
  joinedPads(emitter, tensor, graph) ??
  broadcasting<'add'>('Add')(emitter, inputs, tensor, graph);

export const mul: Lowering<'mul'> = (emitter, inputs, tensor, graph) =>
  scaledProduct(emitter, tensor, graph) ??
  meanOf(emitter, tensor, graph) ??
  broadcasting<'mul'>('Mul')(emitter, inputs, tensor, graph);

export const select: Lowering<'select'> = (emitter, [mask], tensor, graph) => {
  const chosen = emitter.emit('Cast', [mask], { attributes: { to: ELEMENT_TYPES.bool } });
  const [a, b] = tensor.inputs.slice(1).map((operand) => compact(emitter, operand, graph).value);
  return emitter.emit('Where', [chosen, a, b]);
};

export const cast: Lowering<'cast'> = (emitter, [x], { dtype }) =>
  emitter.emit('Cast', [x], { attributes: { to: ELEMENT_TYPES[dtype] } });

/** Only where the host does not carry it out (see host-tail). */
export const adamw: Lowering<'adamw'> = inSinglePrecision(
  (emitter, inputs, { attributes: { epsilon, weightDecay } }) => {
    const [parameter, first, second, learningRate, correction1, correction2] = inputs;
    const op = (name: string, ...operands: Value[]) => emitter.emit(name, operands);
    const kept = op('Sub', scalar(emitter, 1), op('Mul', learningRate, scalar(emitter, weightDecay)));
    const deviation = op(
      'Add',
      op('Div', op('Sqrt', second), op('Sqrt', correction2)),
      scalar(emitter, epsilon),
    );
    const step = op('Div', op('Mul', op('Div', learningRate, correction1), first), deviation);
    return op('Sub', op('Mul', parameter, kept), step);
  },
);
