import type { OpName, Tensor } from '@rewardedit/graph';
import type { Element, Elements } from '../codegen/element.ts';
import type { Condition, Index } from '../codegen/index-expression.ts';
import { attention, attentionGradient } from './attention.ts';
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { gather, scatterAdd } from './gather.ts';
import { constant, input, state } from './leaf.ts';
import type { Lowering, Sources } from './lowering.ts';
import { matmul } from './matmul.ts';
import { after, broadcastTo, concat, pad, reshape, resizeNearest, slice, transpose } from './movement.ts';
import { groupNorm, inverseDeviation, normalize } from './normalization.ts';
import { max, sum } from './reduction.ts';
import { softmax } from './softmax.ts';

/** The lowering of every op. Its type makes it complete: an op without a lowering does not compile. */
export const LOWERINGS = {
  input,
  state,
  constant,
  ...elementwise,
  sum,
  max,
  matmul,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  normalize,
  inverseDeviation,
  groupNorm,
  softmax,
  attention,
  attentionGradient,
  reshape,
  broadcastTo,
  transpose,
  slice,
  pad,
  concat,
  gather,
  scatterAdd,
  resizeNearest,
  after,
} satisfies { readonly [Name in OpName]: Lowering<Name> };

/** The lowering of an op, or undefined if it is unknown. */
export function loweringOf(name: string): Lowering<OpName> | undefined {
  // The table's type cannot relate a node's attributes to its op.
  return (LOWERINGS as Readonly<Record<string, unknown>>)[name] as Lowering<OpName> | undefined;
}

/** The expression of an element of a view or an element-wise node. */
export function computeElement(
  make: Elements,
  tensor: Tensor,
  index: readonly Index[],
  inside: readonly Condition[],
  sources: Sources,
): Element {
  const lowering = loweringOf(tensor.op.name);
  if (lowering?.kind !== 'view' && lowering?.kind !== 'element')
    throw new Error(`internal: ${tensor.op.name} is not computed element by element.`);
  return lowering.element(make, tensor as never, index, inside, sources);
}
