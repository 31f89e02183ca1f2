import { withClassDefaults } from '../scheduler-config.ts';
import type { NoiseSchedule } from '../noise-schedule.ts';
import { ddim } from './ddim.ts';
import { ddpm } from './ddpm.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { euler } from './euler.ts';
import { pndm } from './pndm.ts';
import type { CreateSampler } from './sampler.ts';

/** Uses Karras sigmas, whatever the schedule's configuration says. */
const withKarras =
  (create: CreateSampler): CreateSampler =>
  (schedule, steps) =>
    create(karras(schedule), steps);

function karras(schedule: NoiseSchedule): NoiseSchedule {
  return { ...schedule, config: { ...schedule.config, use_karras_sigmas: true } };
}

/** The samplers by name. */
export const SAMPLERS = {
  ddim,
  ddpm,
  pndm,
  euler,
  'euler-karras': withKarras(euler),
  'euler-ancestral': eulerAncestral,
  'dpmpp-2m': dpmpp2m,
  'dpmpp-2m-karras': withKarras(dpmpp2m),
} as const satisfies Record<string, CreateSampler>;

export type SamplerName = keyof typeof SAMPLERS;

/** The sampler equivalent to a scheduler of diffusers, and the settings for which it is. */
interface Scheduler {
  readonly sampler: SamplerName;
  readonly only?: Readonly<Record<string, readonly unknown[]>>;
}

const SCHEDULERS: Readonly<Record<string, Scheduler>> = {
  DDIMScheduler: { sampler: 'ddim' },
  DDPMScheduler: { sampler: 'ddpm' },
  PNDMScheduler: { sampler: 'pndm', only: { skip_prk_steps: [true] } },
  EulerDiscreteScheduler: { sampler: 'euler', only: { final_sigmas_type: ['zero'] } },
  EulerAncestralDiscreteScheduler: { sampler: 'euler-ancestral' },
  DPMSolverMultistepScheduler: {
    sampler: 'dpmpp-2m',
    only: {
      algorithm_type: ['dpmsolver++'],
      solver_order: [2],
      solver_type: ['midpoint'],
      final_sigmas_type: ['zero'],
    },
  },
};

/** Returns the sampler equivalent to a model's own scheduler, given its `scheduler_config.json`, or undefined if there is none. */
export function samplerOfScheduler(settings: Readonly<Record<string, unknown>>): SamplerName | undefined {
  const name = String(settings['_class_name']);
  if (!Object.hasOwn(SCHEDULERS, name)) return undefined;
  const { sampler, only = {} } = SCHEDULERS[name];
  const all = withClassDefaults(settings);
  const isOurs = Object.entries(only).every(
    ([key, values]) => all[key] === undefined || values.includes(all[key]),
  );
  return isOurs ? sampler : undefined;
}
