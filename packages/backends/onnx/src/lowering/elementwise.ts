import type { OpName } from '@rewardedit/graph';
import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import type { Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';

/** An op that ONNX has under another name, with the same operands and the same broadcasting. */
function same<Name extends OpName>(op: string): Lowering<Name> {
  return (emitter, inputs) => emitter.emit(op, inputs);
}

/** A comparison: truth values become the numbers 0 and 1. */
function comparison<Name extends OpName>(op: string): Lowering<Name> {
  return (emitter, inputs, { dtype }) =>
    emitter.emit('Cast', [emitter.emit(op, inputs)], { attributes: { to: ELEMENT_TYPES[dtype] } });
}

export const elementwise = {
  neg: same<'neg'>('Neg'),
  exp: same<'exp'>('Exp'),
  log: same<'log'>('Log'),
  sqrt: same<'sqrt'>('Sqrt'),
  sin: same<'sin'>('Sin'),
  cos: same<'cos'>('Cos'),
  tanh: same<'tanh'>('Tanh'),
  sigmoid: same<'sigmoid'>('Sigmoid'),
  erf: same<'erf'>('Erf'),
  abs: same<'abs'>('Abs'),
  add: same<'add'>('Add'),
  sub: same<'sub'>('Sub'),
  mul: same<'mul'>('Mul'),
  div: same<'div'>('Div'),
  maximum: same<'maximum'>('Max'),
  minimum: same<'minimum'>('Min'),
  greater: comparison<'greater'>('Greater'),
  equal: comparison<'equal'>('Equal'),
};

export const select: Lowering<'select'> = (emitter, [mask, a, b]) =>
  emitter.emit('Where', [emitter.emit('Cast', [mask], { attributes: { to: ELEMENT_TYPES.bool } }), a, b]);

export const cast: Lowering<'cast'> = (emitter, [x], { dtype }) =>
  emitter.emit('Cast', [x], { attributes: { to: ELEMENT_TYPES[dtype] } });

/** Optimizer steps are lowered only where the host does not carry them out; see host-tail. */
export const adamw: Lowering<'adamw'> = (emitter, inputs, { attributes: { epsilon, weightDecay } }) => {
  const [parameter, first, second, learningRate, correction1, correction2] = inputs;
  const op = (name: string, ...operands: Value[]) => emitter.emit(name, operands);
  const deviation = op('Div', op('Sqrt', second), op('Sqrt', correction2));
  const step = op(
    'Div',
    op('Mul', op('Div', learningRate, correction1), first),
    op('Add', deviation, emitter.scalar(epsilon)),
  );
  const kept = op('Sub', emitter.scalar(1), op('Mul', learningRate, emitter.scalar(weightDecay)));
  return op('Sub', op('Mul', parameter, kept), step);
};
