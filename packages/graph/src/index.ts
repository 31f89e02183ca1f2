export { quickGelu, silu } from './activations.ts';
export type {
  Backend,
  BackendEvent,
  CompileOptions,
  EntryNames,
  Executable,
  State,
  States,
  TensorSpec,
  ValuesOf,
} from './backend.ts';
export { createBackendEvents } from './backend-events.ts';
export { bindState, frozenEntries, type BoundEntry } from './bind-state.ts';
export { broadcastShapes } from './broadcast.ts';
export { checkMemory } from './check-memory.ts';
export { checkValues, copyInputs } from './check-values.ts';
export { DTYPE_BYTES, DTypeError, isHeldBy, type DType, type DTypes } from './dtype.ts';
export { evaluate, evaluateTensors, type Values } from './evaluate.ts';
export { fromBFloat16, fromFloat16, toBFloat16, toFloat16 } from './float16.ts';
export { elementwiseValue, isElementwise, type ElementwiseOpName } from './fused/elementwise-ops.ts';
export {
  createExpressions,
  type ComputeType,
  type Expressions,
  type FusedValue,
} from './fused/expressions.ts';
export type { FormulaName } from './fused/formulas.ts';
export { kernelCall, type Kernel, type KernelCall, type Operand } from './fused/kernel.ts';
export { gradients } from './gradients.ts';
export { bytesOf, bytesOfStates, totalMemory, type MemoryNeed, type MemoryPlan } from './memory.ts';
export { adamw, type AdamWAttributes, type AdamWOperands } from './ops/adamw.ts';
export { after } from './ops/after.ts';
export { attentionGradient, type AttentionGradientAttributes } from './ops/attention-gradient.ts';
export { attention, type AttentionAttributes } from './ops/attention.ts';
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
  gelu,
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
export { groupNorm, type GroupNormAttributes } from './ops/group-norm.ts';
export { OPS, type AttributesOf, type OpName } from './ops/index.ts';
export {
  constant,
  input,
  isNamedLeaf,
  state,
  stateOp,
  type ConstantLeaf,
  type NamedLeaf,
} from './ops/leaf.ts';
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
export { inverseDeviation, layerNorm, normalize, type NormalizationAttributes } from './ops/normalization.ts';
export { max, mean, sum, sumTo, type ReductionAttributes } from './ops/reduction.ts';
export { nearestSource, resizeNearest, type ResizeAttributes } from './ops/resize.ts';
export { softmax } from './ops/softmax.ts';
export { accumulate, type Accumulation } from './optimizer/accumulation.ts';
export { adamwScalars, adamwUpdates, type AdamWSettings, type Descent } from './optimizer/adamw-updates.ts';
export { clipByGlobalNorm, globalNorm } from './optimizer/gradient-clipping.ts';
export {
  LEARNING_RATE_SCHEDULES,
  learningRateFactor,
  type LearningRateOptions,
  type LearningRateSchedule,
} from './optimizer/learning-rate.ts';
export { initialLossScale, type LossScaleSettings } from './optimizer/loss-scaling.ts';
export { emaDecay, emaUpdates, type EmaSettings } from './optimizer/moving-average.ts';
export { stateNames } from './optimizer/state-names.ts';
export {
  accumulatedTrainingStep,
  trainingScalars,
  trainingStep,
  type AccumulatedTrainingStep,
  type TrainingStep,
  type TrainingStepOptions,
} from './optimizer/training-step.ts';
export { nodesOf, program, type Program } from './program.ts';
export { recompute } from './recompute.ts';
export { rewrite } from './rewrite.ts';
export { selfTest } from './self-test.ts';
export { simplify, useCounts } from './simplify.ts';
export { formatShape, sameShape, sizeOf, type Shape } from './shape.ts';
export { stridesOf } from './strides.ts';
export {
  dataOf,
  float32Of,
  isDataOf,
  numbersOf,
  zeros,
  type DataOf,
  type TensorData,
} from './tensor-data.ts';
export {
  ShapeError,
  mapTensors,
  node,
  topologicalOrder,
  upcomingId,
  type NamedTensors,
  type Op,
  type Tensor,
} from './tensor.ts';
