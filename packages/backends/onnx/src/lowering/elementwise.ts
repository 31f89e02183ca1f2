import {
  broadcastShapes,
  createExpressions,
  elementwiseValue,
  sameShape,
  sizeOf,
  type FormulaName,
  type FusedValue,
  type OpName,
  type Shape,
  type Tensor,
} from '@rewardedit/graph';
import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import { siluGradient } from './activation.ts';
import { biasedConvolution } from './convolution.ts';
import type { Emitter, Value } from './emitter.ts';
import { filling, scalar } from './leaf.ts';
import { isNodeOf, type GraphView, type Lowering } from './lowering.ts';
import { biasedProduct, scaledProduct } from './matmul.ts';
import { joinedPads } from './movement.ts';
import { meanOf } from './reduction.ts';

/** The formulas that are a single ONNX op. */
const OPS = {
  neg: 'Neg',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  sin: 'Sin',
  cos: 'Cos',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  erf: 'Erf',
  abs: 'Abs',
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  maximum: 'Max',
  minimum: 'Min',
} as const satisfies { readonly [Name in FormulaName]?: string };

/** An op under its ONNX name, which broadcasts its operands. */
function plain<Name extends keyof typeof OPS>(name: Name): Lowering<Name> {
  return (emitter, _, tensor, graph) => emitter.emit(OPS[name], compactOperands(emitter, tensor, graph));
}

/** A comparison, with the result converted to 0 and 1. */
function comparison<Name extends OpName>(op: string): Lowering<Name> {
  return (emitter, _, tensor, graph) =>
    emitter.emit('Cast', [emitter.emit(op, compactOperands(emitter, tensor, graph))], {
      attributes: { to: ELEMENT_TYPES[tensor.dtype] },
    });
}

/** A tensor before a broadcast, if it was broadcast. */
function compact(emitter: Emitter, tensor: Tensor, graph: GraphView): { value: Value; shape: Shape } {
  const number = filling(tensor);
  if (number !== undefined) return { value: scalar(emitter, number, tensor.dtype), shape: [] };
  const source = isNodeOf(tensor, 'broadcastTo') ? tensor.inputs[0] : tensor;
  return { value: graph.valueOf(source), shape: source.shape };
}

/** The operands without the broadcasts that the op performs itself. */
function compactOperands(emitter: Emitter, { inputs, shape }: Tensor, graph: GraphView): readonly Value[] {
  const operands = inputs.map((operand) => compact(emitter, operand, graph));
  const joint = operands.reduce<Shape>((all, operand) => broadcastShapes(all, operand.shape)!, []);
  return sameShape(joint, shape) ? operands.map(({ value }) => value) : inputs.map(graph.valueOf);
}

export const elementwise = {
  neg: plain('neg'),
  exp: plain('exp'),
  log: plain('log'),
  sqrt: plain('sqrt'),
  sin: plain('sin'),
  cos: plain('cos'),
  tanh: plain('tanh'),
  sigmoid: plain('sigmoid'),
  erf: plain('erf'),
  abs: plain('abs'),
  sub: plain('sub'),
  div: plain('div'),
  maximum: plain('maximum'),
  minimum: plain('minimum'),
  greater: comparison<'greater'>('Greater'),
  equal: comparison<'equal'>('Equal'),
};

export const add: Lowering<'add'> = (emitter, inputs, tensor, graph) =>
  biasedConvolution(emitter, tensor, graph) ??
  biasedProduct(emitter, tensor, graph) ??
  siluGradient(emitter, tensor, graph) ??
  joinedPads(emitter, tensor, graph) ??
  plain('add')(emitter, inputs, tensor, graph);

export const mul: Lowering<'mul'> = (emitter, inputs, tensor, graph) =>
  scaledProduct(emitter, tensor, graph) ??
  meanOf(emitter, tensor, graph) ??
  plain('mul')(emitter, inputs, tensor, graph);

export const select: Lowering<'select'> = (emitter, [mask], tensor, graph) => {
  const chosen = emitter.emit('Cast', [mask], { attributes: { to: ELEMENT_TYPES.bool } });
  const [a, b] = tensor.inputs.slice(1).map((operand) => compact(emitter, operand, graph).value);
  return emitter.emit('Where', [chosen, a, b]);
};

export const cast: Lowering<'cast'> = (emitter, [x], { dtype }) =>
  emitter.emit('Cast', [x], { attributes: { to: ELEMENT_TYPES[dtype] } });

/** The graph's formula with one op per step, for where the host does not compute it (see host-tail). */
export const adamw: Lowering<'adamw'> = (emitter, inputs, tensor) => {
  const make = createExpressions<Value>((value) => value);
  const operands = inputs.map((value, i) => make.read(value, sizeOf(tensor.inputs[i].shape)));
  const written = (value: FusedValue<Value>): Value => {
    if (value.kind === 'read') return value.source;
    if (value.kind === 'number') return scalar(emitter, value.value);
    if (value.kind === 'formula' && hasOp(value.formula))
      return emitter.emit(OPS[value.formula], value.operands.map(written));
    throw new Error(`No ONNX op computes ${value.kind === 'formula' ? value.formula : value.kind}.`);
  };
  return written(elementwiseValue(make, tensor, operands));
};

function hasOp(formula: FormulaName): formula is keyof typeof OPS {
  return Object.hasOwn(OPS, formula);
}
