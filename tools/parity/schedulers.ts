import { join } from 'node:path';
import {
  SAMPLERS,
  addNoise,
  createNoiseSchedule,
  ddim,
  drawsNoise,
  looksBack,
  parseSchedulerConfig,
  samplerStep,
  stepFactors,
  stepFactorValues,
  velocity,
  type NoiseSchedule,
  type Sampler,
} from '@rewardedit/diffusion';
import { input, program, state, type Backend } from '@rewardedit/graph';
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
  'diffusers.DPMSolverMultistepScheduler': SAMPLERS['dpmpp-2m'],
};

type Arrays = Record<string, ArrayLike<number>>;

/** Sets of the kind `schedulers`: tables, noising, and whole runs, whose steps the backend computes, with a formula in place of the network. */
export async function checkSchedulers({ folder, facts }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const runs = Object.entries(asRecord(facts.runs) as Record<string, Run>);
  // Sigmas spaced as Karras does are refused by the configuration.
  const isOurs = ([, run]: [string, Run]) =>
    Object.hasOwn(CREATE, run.class) && run.config['use_karras_sigmas'] !== true;
  const found: Record<'timesteps' | 'sigmas' | 'samples', Arrays> = {
    timesteps: {},
    sigmas: {},
    samples: {},
  };
  const expected: typeof found = { timesteps: {}, sigmas: {}, samples: {} };
  for (const [name, run] of runs.filter(isOurs)) {
    const { values } = await readTensors(join(folder, `${name}.safetensors`));
    const sampler = CREATE[run.class](scheduleOf(run, folder), run.steps, run.step_arguments.eta);
    const replayed = await replay(
      backend,
      sampler,
      Float32Array.from(values['initial_noise']),
      values['noise'],
    );
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

/** Runs a sampler on the backend from the reference's noise, with 0.3 x + 0.1 sin(t) in place of a network. */
async function replay(
  backend: Backend,
  sampler: Sampler,
  initialNoise: Float32Array,
  drawn: ArrayLike<number> | undefined,
): Promise<Record<string, Float32Array>> {
  const { length } = initialNoise;
  const noises = Float32Array.from(drawn ?? []);
  const latent = state('latent', [length]);
  const next = samplerStep(stepFactors(), {
    output: input('output', [length]),
    sample: latent,
    earlierPicture: looksBack(sampler) ? state('earlier_picture', [length]) : undefined,
    noise: drawsNoise(sampler) ? input('noise', [length]) : undefined,
  });
  const step = program({
    outputs: { sample: next.sample },
    updates: { latent: next.sample, earlier_picture: next.picture },
  });
  const memory = await backend.createState(step.state);
  const executable = await backend.compile(step, memory);
  let sample: Float32Array = initialNoise.map((value) => value * sampler.initialSigma);
  await memory.write('latent', sample);
  const samples = [...sample];
  const inputs: number[] = [];
  for (const [i, factors] of sampler.steps.entries()) {
    const shown = sample.map((value) => value * factors.inputScale);
    const output = shown.map((value) => 0.3 * value + 0.1 * Math.sin(sampler.timesteps[i]));
    const noise = new Float32Array(length);
    noise.set(noises.subarray(i * length, (i + 1) * length));
    const given: Record<string, Float32Array> = { output, noise, step_factors: stepFactorValues(factors) };
    const results = await executable.run(given);
    sample = results.sample as Float32Array;
    inputs.push(...shown);
    samples.push(...sample);
  }
  await executable.dispose();
  await memory.dispose();
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
