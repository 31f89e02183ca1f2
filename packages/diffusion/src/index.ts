export {
  TEXT_ENCODER,
  UNET,
  editModelConfig,
  spaceOf,
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
export { combine, guidanceBranches, type Branch, type GuidanceScales } from './guidance.ts';
export {
  addNoise,
  createNoiseSchedule,
  parseSchedulerConfig,
  velocity,
  type NoiseSchedule,
  type SchedulerConfig,
} from './noise-schedule.ts';
export { fromPixelSpace, toPixelSpace } from './pixel-space.ts';
export { trainingTarget, type NoisedSample } from './prediction.ts';
export { feedbackText, scoreCondition } from './reward-condition.ts';
export { ddim } from './samplers/ddim.ts';
export { SAMPLERS, type SamplerName } from './samplers/index.ts';
export type { Sampler, SamplerStep } from './samplers/sampler.ts';
