import type { OpName } from '@rewardedit/graph';
import { gelu } from './activation.ts';
import { after } from './after.ts';
import { attention, softmax } from './attention.ts';
import { conv2dInputGradient } from './convolution-input-gradient.ts';
import { conv2dWeightGradient } from './convolution-weight-gradient.ts';
import { conv2d } from './convolution.ts';
import { adamw, add, cast, elementwise, mul, select } from './elementwise.ts';
import { gather, scatterAdd } from './gather.ts';
import { constant, input, state } from './leaf.ts';
import type { Lowering } from './lowering.ts';
import { matmul } from './matmul.ts';
import { broadcastTo, concat, pad, reshape, slice, transpose } from './movement.ts';
import { groupNorm, inverseDeviation, normalize } from './normalization.ts';
import { max, sum } from './reduction.ts';
import { resizeNearest } from './resize.ts';

/** The lowering of every op. Its type makes it complete: an op without a lowering does not compile. */
export const LOWERINGS = {
  input,
  state,
  constant,
  ...elementwise,
  add,
  mul,
  gelu,
  select,
  cast,
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
  adamw,
} satisfies { readonly [Name in LoweredOp]: Lowering<Name> };

/** The other ops, for backends with a kernel for them, are decomposed. */
export type LoweredOp = Exclude<OpName, 'attentionGradient'>;
