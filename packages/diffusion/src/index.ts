export {
  TEXT_ENCODER,
  UNET,
  coordinatesOf,
  editModelConfig,
  feedbackInputs,
  feedbackTokens,
  spaceOf,
  textInputs,
  trainingNetwork,
  type EditModelConfig,
} from './edit-network.ts';
export {
  createEditor,
  defaultEditSettings,
  editParameters,
  type EditHooks,
  type EditRequest,
  type EditSettings,
  type Editor,
  type EditorParts,
} from './editor.ts';
export { branchesAt, combine, guidanceBranches, type Branch, type GuidanceScales } from './guidance.ts';
export { joinArrays } from './join-arrays.ts';
export { loadEditModel } from './load-edit-model.ts';
export {
  addNoise,
  createNoiseSchedule,
  mixtureAt,
  velocity,
  type Mixture,
  type NoiseSchedule,
} from './noise-schedule.ts';
export { proportionalSize, sizeMultiple, trainedSide } from './picture-size.ts';
export { fromPixelSpace, toPixelSpace } from './pixel-space.ts';
export {
  PREDICTIONS,
  decompose,
  trainingTarget,
  type Decomposition,
  type NoisedSample,
  type Prediction,
} from './prediction.ts';
export { feedbackText, scoreCondition } from './reward-condition.ts';
export {
  SAMPLERS,
  ddim,
  type CreateSampler,
  type Sampler,
  type SamplerName,
  type SamplerStep,
} from './samplers/index.ts';
export { parseSchedulerConfig, type SchedulerConfig } from './scheduler-config.ts';
