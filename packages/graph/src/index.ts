export { gelu, quickGelu, silu } from './activations.ts';
export type {
  Backend,
  BackendEvent,
  CompileOptions,
  Executable,
  State,
  TensorData,
  TensorSpec,
} from './backend.ts';
export { evaluate, evaluateTensors, type Values } from './evaluate.ts';
export { gradients } from './gradients.ts';
export { bytesOf, memoryNeed, type MemoryNeed } from './memory.ts';
export { adamw, type AdamWAttributes, type AdamWOperands } from './ops/adamw.ts';
export { after } from './ops/after.ts';
export { attention, softmax, type AttentionAttributes } from './ops/attention.ts';
export { cast, type CastAttributes } from './ops/cast.ts';
export {
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  type ConvolutionAttributes,
  type ConvolutionGradientAttributes,
  type ConvolutionOptions,
} from './ops/convolution.ts';
export {
  abs,
  add,
  cos,
  div,
  equal,
  erfOf,
  exp,
  greater,
  log,
  maximum,
  minimum,
  mul,
  neg,
  select,
  sigmoid,
  sin,
  sqrt,
  sub,
  tanh,
} from './ops/elementwise.ts';
export { gather, scatterAdd, type ScatterAttributes } from './ops/gather.ts';
export { OPS, type AttributesOf, type OpName } from './ops/index.ts';
export { constant, input, state, type ConstantLeaf, type NamedLeaf } from './ops/leaf.ts';
export { matmul, type MatmulAttributes } from './ops/matmul.ts';
export {
  broadcastTo,
  concat,
  pad,
  reshape,
  slice,
  split,
  transpose,
  type ConcatAttributes,
  type PadAttributes,
  type ShapeAttributes,
  type SliceAttributes,
  type TransposeAttributes,
} from './ops/movement.ts';
export {
  groupNorm,
  inverseDeviation,
  layerNorm,
  normalize,
  type NormalizationAttributes,
} from './ops/normalization.ts';
export { max, mean, sum, sumTo, type ReductionAttributes } from './ops/reduction.ts';
export { nearestSource, resizeNearest, type ResizeAttributes } from './ops/resize.ts';
export { nodesOf, program, type Program } from './program.ts';
export { recompute } from './recompute.ts';
export { broadcastShapes, formatShape, sameShape, sizeOf, stridesOf, type Shape } from './shape.ts';
export {
  ShapeError,
  node,
  topologicalOrder,
  upcomingId,
  type DType,
  type Op,
  type Tensor,
} from './tensor.ts';
