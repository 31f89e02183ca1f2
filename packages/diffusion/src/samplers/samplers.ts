import { ddim } from './ddim.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import type { CreateSampler } from './sampler.ts';

/** Samplers by the name that a user gives. */
export const SAMPLERS = {
  ddim: (schedule, steps) => ddim(schedule, steps),
  'euler-ancestral': eulerAncestral,
  'dpmpp-2m': dpmpp2m,
} as const satisfies Record<string, CreateSampler>;

export type SamplerName = keyof typeof SAMPLERS;
