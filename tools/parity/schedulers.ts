import { join } from 'node:path';
import {
  SAMPLERS,
  addNoise,
  createNoiseSchedule,
  ddim,
  parseSchedulerConfig,
  velocity,
  type NoiseSchedule,
  type Sampler,
} from '@rewardedit/diffusion';
import { z } from 'zod';
import { compareAll, type Group } from './comparison.ts';
import { readJsonFile, readTensors, type ReferenceSet } from './reference-sets.ts';

const referenceSchema = z.object({
  runs: z.record(
    z.string(),
    z.object({
      class: z.string(),
      config: z.record(z.string(), z.unknown()),
      step_arguments: z.object({ eta: z.number().default(0) }),
      steps: z.int().positive(),
    }),
  ),
});

/** The samplers that there are, by the class that the reference was made with. */
const CREATE: Record<string, (schedule: NoiseSchedule, steps: number, eta: number) => Sampler> = {
  'diffusers.DDIMScheduler': ddim,
  'diffusers.EulerAncestralDiscreteScheduler': SAMPLERS['euler-ancestral'],
};

/** What the tables' float32 rounding leaves. */
const TABLE = { absolute: 2e-6, relative: 0 };
const TRAJECTORY = { absolute: 0, relative: 1e-4 };
/** Whole timesteps exactly, fractional ones to 1e-3. */
const TIMESTEPS = { absolute: 1e-3, relative: 0 };

/** Sets of the kind `schedulers`: tables, noising, and whole runs with a formula in place of the network. */
export async function checkSchedulers({ folder }: ReferenceSet): Promise<Group[]> {
  const path = join(folder, 'reference.json');
  const { runs } = referenceSchema.parse(await readJsonFile(path));
  const known = Object.entries(runs).filter(([, run]) => run.class in CREATE);
  const names = known.map(([name]) => name);
  const found: Record<string, Record<string, ArrayLike<number>>> = { timesteps: {}, samples: {}, sigmas: {} };
  const expected: typeof found = { timesteps: {}, samples: {}, sigmas: {} };
  for (const [name, run] of known) {
    const { values } = await readTensors(join(folder, `${name}.safetensors`));
    const schedule = createNoiseSchedule(parseSchedulerConfig(run.config, path));
    const sampler = CREATE[run.class](schedule, run.steps, run.step_arguments.eta);
    const replayed = replay(sampler, Float32Array.from(values['initial_noise']), values['noise']);
    for (const tensor of ['x', 'model_input']) {
      found['samples'][`${name} ${tensor}`] = replayed[tensor];
      expected['samples'][`${name} ${tensor}`] = values[tensor];
    }
    found['timesteps'][name] = sampler.timesteps;
    expected['timesteps'][name] = values['timesteps'];
    found['sigmas'][name] = [sampler.initialSigma];
    expected['sigmas'][name] = values['init_noise_sigma'];
  }
  const others = Object.keys(runs).length - names.length;
  return [
    ...(await checkTables(folder)),
    compareAll('timesteps', found['timesteps'], expected['timesteps'], TIMESTEPS),
    compareAll('initial sigmas', found['sigmas'], expected['sigmas'], TRAJECTORY),
    compareAll(`runs (${others} of others SKIPPED)`, found['samples'], expected['samples'], TRAJECTORY),
  ];
}

/** Runs a sampler from the reference's noise, with 0.3 x + 0.1 sin(t) in place of a network. */
function replay(sampler: Sampler, initialNoise: Float32Array, drawn: ArrayLike<number> | undefined): Record<string, Float32Array> {
  const length = initialNoise.length;
  let sample: Float32Array = initialNoise.map((value) => value * sampler.initialSigma);
  const samples = [...sample];
  const inputs: number[] = [];
  for (const [step, timestep] of sampler.timesteps.entries()) {
    const input = sampler.scaleInput(sample, step);
    const output = input.map((value) => 0.3 * value + 0.1 * Math.sin(timestep));
    const noise = sampler.needsNoise(step) && drawn ? Float32Array.from(drawn).subarray(step * length, (step + 1) * length) : undefined;
    sample = sampler.step({ step, output, sample, noise });
    inputs.push(...input);
    samples.push(...sample);
  }
  return { x: Float32Array.from(samples), model_input: Float32Array.from(inputs) };
}

/** The tables of Stable Diffusion's schedule, noised samples and velocities. */
async function checkTables(folder: string): Promise<Group[]> {
  const schedule = createNoiseSchedule(
    parseSchedulerConfig({ beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' }),
  );
  const { values: tables } = await readTensors(join(folder, 'tables.safetensors'));
  const { values: mixed } = await readTensors(join(folder, 'add_noise.safetensors'));
  const timesteps = Array.from(mixed['timesteps']);
  const length = mixed['original'].length / timesteps.length;
  const each = (mix: typeof addNoise) =>
    timesteps.flatMap((timestep, i) => {
      const part = (name: string) => Float32Array.from(mixed[name]).subarray(i * length, (i + 1) * length);
      return [...mix(schedule, part('original'), part('noise'), timestep)];
    });
  return [
    compareAll(
      'tables',
      { betas: schedule.betas, alphas_cumprod: schedule.alphasCumprod },
      { betas: tables['betas'], alphas_cumprod: tables['alphas_cumprod'] },
      TABLE,
    ),
    compareAll(
      'noising',
      { noisy: each(addNoise), velocity: each(velocity) },
      { noisy: mixed['noisy'], velocity: mixed['velocity'] },
      TRAJECTORY,
    ),
  ];
}
