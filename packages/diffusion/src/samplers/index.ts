export { ddim } from './ddim.ts';
export { samplerStep, stepFactors, stepFactorValues, type SamplerStepTensors } from './sampler-step.ts';
export { drawsNoise, looksBack, type CreateSampler, type Sampler, type SamplerStep } from './sampler.ts';
export { SAMPLERS, type SamplerName } from './samplers.ts';
