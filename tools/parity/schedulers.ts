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
import { compareAll, type Group } from './comparison.ts';
import { asRecord, readTensors, type ReferenceSet } from './reference-sets.ts';

/** What of a table one rounding may change. */
const TABLE = { absolute: 0, relative: 1e-7 };
const EXACT = { absolute: 0, relative: 0 };
const TRAJECTORY = { absolute: 0, relative: 1e-4 };

/** One of `runs` in `reference.json`. */
interface Run {
  readonly class: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly step_arguments: { readonly eta?: number };
  readonly steps: number;
}

/** The samplers that there are, by the class that the reference was made with. */
const CREATE: Readonly<Record<string, (schedule: NoiseSchedule, steps: number, eta?: number) => Sampler>> = {
  'diffusers.DDIMScheduler': ddim,
  'diffusers.EulerAncestralDiscreteScheduler': SAMPLERS['euler-ancestral'],
};

type Arrays = Record<string, ArrayLike<number>>;

/** Sets of the kind `schedulers`: tables, noising, and whole runs with a formula in place of the network. No backend takes part. */
export async function checkSchedulers({ folder, facts }: ReferenceSet): Promise<Group[]> {
  const runs = Object.entries(asRecord(facts.runs) as Record<string, Run>);
  const isOurs = ([, run]: [string, Run]) => Object.hasOwn(CREATE, run.class);
  const found: Record<'timesteps' | 'sigmas' | 'samples', Arrays> = {
    timesteps: {},
    sigmas: {},
    samples: {},
  };
  const expected: typeof found = { timesteps: {}, sigmas: {}, samples: {} };
  for (const [name, run] of runs.filter(isOurs)) {
    const { values } = await readTensors(join(folder, `${name}.safetensors`));
    const sampler = CREATE[run.class](scheduleOf(run, folder), run.steps, run.step_arguments.eta);
    const replayed = replay(sampler, Float32Array.from(values['initial_noise']), values['noise']);
    for (const tensor of ['x', 'model_input']) {
      found.samples[`${name} ${tensor}`] = replayed[tensor];
      expected.samples[`${name} ${tensor}`] = values[tensor];
    }
    found.timesteps[name] = sampler.timesteps;
    expected.timesteps[name] = values['timesteps'];
    found.sigmas[name] = [sampler.initialSigma];
    expected.sigmas[name] = values['init_noise_sigma'];
  }
  const others = runs.filter((run) => !isOurs(run));
  const classes = new Set(others.map(([, run]) => run.class.replace(/^diffusers\.|Scheduler$/g, '')));
  const skipped = others.length > 0 ? `, ${others.length} runs SKIPPED: ${[...classes].join(', ')}` : '';
  return [
    // The noise schedule is the same in all runs.
    ...(await checkTables(scheduleOf(runs[0][1], folder), folder)),
    compareAll('timesteps', found.timesteps, expected.timesteps, EXACT),
    compareAll('initial sigmas', found.sigmas, expected.sigmas, TRAJECTORY),
    compareAll(`samples${skipped}`, found.samples, expected.samples, TRAJECTORY),
  ];
}

function scheduleOf({ config }: Run, folder: string): NoiseSchedule {
  return createNoiseSchedule(parseSchedulerConfig(config, join(folder, 'reference.json')));
}

/** Runs a sampler from the reference's noise, with 0.3 x + 0.1 sin(t) in place of a network. */
function replay(
  sampler: Sampler,
  initialNoise: Float32Array,
  drawn: ArrayLike<number> | undefined,
): Record<string, Float32Array> {
  const length = initialNoise.length;
  const noises = Float32Array.from(drawn ?? []);
  let sample: Float32Array = initialNoise.map((value) => value * sampler.initialSigma);
  const samples = [...sample];
  const inputs: number[] = [];
  for (const [step, timestep] of sampler.timesteps.entries()) {
    const input = sampler.scaleInput(sample, step);
    const output = input.map((value) => 0.3 * value + 0.1 * Math.sin(timestep));
    const noise = sampler.needsNoise(step) ? noises.subarray(step * length, (step + 1) * length) : undefined;
    sample = sampler.step({ step, output, sample, noise });
    inputs.push(...input);
    samples.push(...sample);
  }
  return { x: Float32Array.from(samples), model_input: Float32Array.from(inputs) };
}

/** The tables of the schedule, noised samples and velocities. */
async function checkTables(schedule: NoiseSchedule, folder: string): Promise<Group[]> {
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
