export { denoiserValues } from './denoiser.ts';
export {
  AUTOENCODER,
  TEXT_ENCODER,
  UNET,
  editModelConfig,
  spaceOf,
  worksOnPixels,
  type EditModelConfig,
} from './edit-model.ts';
export { editParameters } from './edit-parameters.ts';
export {
  createEditor,
  defaultEditSettings,
  editMemory,
  type EditHooks,
  type EditRequest,
  type EditSettings,
  type Editor,
  type EditorParts,
  type PlannedEdit,
} from './editor/index.ts';
export { combineBranches, guidanceBranches, type Branch, type GuidanceScales } from './guidance.ts';
export { carryEdit } from './full-size/carry-edit.ts';
export { joinArrays } from './join-arrays.ts';
export {
  claimStore,
  computedStates,
  openLanguageModel,
  openStateStore,
  openWantedStates,
  stateKey,
  storedStates,
  storeConfigOf,
  type LanguageModel,
  type StateStore,
  type StoreConfig,
} from './language-states/index.ts';
export {
  loadEditModel,
  openEditModel,
  type EditModelOptions,
  type OpenedEditModel,
} from './load-edit-model.ts';
export {
  addNoise,
  createNoiseSchedule,
  velocity,
  type Mixture,
  type NoiseSchedule,
} from './noise-schedule.ts';
export {
  assertStates,
  nextIds,
  pipelineOf,
  seenSquare,
  type AskedStates,
  type Conditions,
  type LanguageStateSource,
  type Pipeline,
  type PipelineTools,
  type PipelineSample,
} from './pipelines/index.ts';
export { readShown, sizeMultiple, trainedSide, type AskedSize, type ShownPicture } from './picture-size.ts';
export { pixelSpace, toPixelSpace, type Encoded, type PictureSpace } from './picture-space/index.ts';
export { trainingTarget, type LinearForm, type NoisedSample, type Prediction } from './prediction.ts';
export { PRECISIONS, typesToRun, typesToTrain, type Precision } from './precision.ts';
export { feedbackText, feedbackTexts } from './reward-condition.ts';
export {
  SAMPLERS,
  ddim,
  drawsNoise,
  samplerOfScheduler,
  samplerStep,
  stepFactors,
  stepFactorValues,
  type CreateSampler,
  type Sampler,
  type SamplerName,
  type SamplerOptions,
  type SamplerStep,
  type SamplerStepTensors,
} from './samplers/index.ts';
export { parseSchedulerConfig, type SchedulerConfig } from './scheduler-config.ts';
export { feedbackInputs, feedbackNetwork, feedbackTokens, textInputs, textNetwork } from './text-encoding.ts';
export { alignmentNetwork, trainingNetwork } from './training-network.ts';
export { openEditWeights, type EditWeights } from './edit-weights.ts';
export { exportedNetworks, type ExportedFolder, type ExportedNetwork } from './exported-networks.ts';
