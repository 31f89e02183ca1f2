export { ddim } from './ddim.ts';
export type { CreateSampler, Sampler, SamplerStep } from './sampler.ts';
export { SAMPLERS, type SamplerName } from './samplers.ts';
