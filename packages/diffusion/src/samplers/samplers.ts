import { withClassDefaults } from '../scheduler-config.ts';
import type { NoiseSchedule } from '../noise-schedule.ts';
import { ddim } from './ddim.ts';
import { ddpm } from './ddpm.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { euler } from './euler.ts';
import { pndm } from './pndm.ts';
import type { CreateSampler } from './sampler.ts';

/** With the noise levels of Karras, whatever the schedule says. */
const withKarras =
  (create: CreateSampler): CreateSampler =>
  (schedule, steps) =>
    create(karras(schedule), steps);

function karras(schedule: NoiseSchedule): NoiseSchedule {
  return { ...schedule, config: { ...schedule.config, use_karras_sigmas: true } };
}

/** Samplers by the name that a user gives. */
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

/** A scheduler of diffusers: its sampler here, and the settings that it equals, where the class has more. */
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

/** The sampler that equals a model's own scheduler, as `scheduler_config.json` describes it; undefined where none here does. */
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
