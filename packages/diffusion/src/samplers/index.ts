export { ddim } from './ddim.ts';
export { samplerStep, stepFactors, stepFactorValues, type SamplerStepTensors } from './sampler-step.ts';
export {
  drawsNoise,
  type CreateSampler,
  type Sampler,
  type SamplerOptions,
  type SamplerStep,
  type StepSum,
} from './sampler.ts';
export { SAMPLERS, samplerOfScheduler, type SamplerName } from './samplers.ts';
