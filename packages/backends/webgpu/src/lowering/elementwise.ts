import { elementwiseValue, type ElementwiseOpName } from '@rewardedit/graph';
import { whole, type Index } from '../codegen/index-expression.ts';
import type { Lowering } from './lowering.ts';

/** The index of an operand that is broadcast, from the index of the result. */
export function broadcastIndex(index: readonly Index[], shape: readonly number[]): Index[] {
  const own = index.slice(index.length - shape.length);
  return own.map((each, axis) => (shape[axis] === 1 ? whole(0) : each));
}

/** Every op that the graph defines as a formula of its operands' elements. */
const formula: Lowering<ElementwiseOpName> = {
  kind: 'element',
  inMemory: 'none',
  element: (make, tensor, index, inside, { element }) =>
    elementwiseValue(
      make,
      tensor,
      tensor.inputs.map((operand) => element(make, operand, broadcastIndex(index, operand.shape), inside)),
    ),
};

export const elementwise: { readonly [Name in ElementwiseOpName]: Lowering<Name> } = {
  neg: formula,
  abs: formula,
  sqrt: formula,
  exp: formula,
  log: formula,
  sin: formula,
  cos: formula,
  tanh: formula,
  sigmoid: formula,
  erf: formula,
  gelu: formula,
  add: formula,
  sub: formula,
  mul: formula,
  div: formula,
  minimum: formula,
  maximum: formula,
  greater: formula,
  equal: formula,
  select: formula,
  cast: formula,
  adamw: formula,
};
