import { adamwOp } from './adamw.ts';
import { afterOp } from './after.ts';
import { attentionGradientOp } from './attention-gradient.ts';
import { attentionOp } from './attention.ts';
import { castOp } from './cast.ts';
import { conv2dInputGradientOp, conv2dOp, conv2dWeightGradientOp } from './convolution.ts';
import * as elementwise from './elementwise.ts';
import { gatherOp, scatterAddOp } from './gather.ts';
import { groupNormOp } from './group-norm.ts';
import { constantOp, inputOp, stateOp } from './leaf.ts';
import { matmulOp } from './matmul.ts';
import { broadcastToOp, concatOp, padOp, reshapeOp, sliceOp, transposeOp } from './movement.ts';
import { inverseDeviationOp, normalizeOp } from './normalization.ts';
import { maxOp, sumOp } from './reduction.ts';
import { resizeNearestOp } from './resize.ts';
import { softmaxOp } from './softmax.ts';

/**
 * Every op by name. Each backend's table of lowerings is typed against this one, so none can be forgotten.
 */
export const OPS = {
  input: inputOp,
  state: stateOp,
  constant: constantOp,

  neg: elementwise.negOp,
  exp: elementwise.expOp,
  log: elementwise.logOp,
  sqrt: elementwise.sqrtOp,
  sin: elementwise.sinOp,
  cos: elementwise.cosOp,
  tanh: elementwise.tanhOp,
  sigmoid: elementwise.sigmoidOp,
  erf: elementwise.erfOp,
  gelu: elementwise.geluOp,
  abs: elementwise.absOp,
  add: elementwise.addOp,
  sub: elementwise.subOp,
  mul: elementwise.mulOp,
  div: elementwise.divOp,
  maximum: elementwise.maximumOp,
  minimum: elementwise.minimumOp,
  greater: elementwise.greaterOp,
  equal: elementwise.equalOp,
  select: elementwise.selectOp,
  cast: castOp,

  sum: sumOp,
  max: maxOp,
  matmul: matmulOp,
  conv2d: conv2dOp,
  conv2dInputGradient: conv2dInputGradientOp,
  conv2dWeightGradient: conv2dWeightGradientOp,
  normalize: normalizeOp,
  inverseDeviation: inverseDeviationOp,
  groupNorm: groupNormOp,
  softmax: softmaxOp,
  attention: attentionOp,
  attentionGradient: attentionGradientOp,

  reshape: reshapeOp,
  broadcastTo: broadcastToOp,
  transpose: transposeOp,
  slice: sliceOp,
  pad: padOp,
  concat: concatOp,
  gather: gatherOp,
  scatterAdd: scatterAddOp,
  resizeNearest: resizeNearestOp,

  after: afterOp,
  adamw: adamwOp,
} as const;

export type OpName = keyof typeof OPS;

/** The attributes of nodes of this op. */
export type AttributesOf<Name extends OpName> = Parameters<(typeof OPS)[Name]['shape']>[1];
