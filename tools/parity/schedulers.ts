import { join } from 'node:path';
import {
  SAMPLERS,
  addNoise,
  createNoiseSchedule,
  drawsNoise,
  parseSchedulerConfig,
  samplerOfScheduler,
  samplerStep,
  stepFactors,
  stepFactorValues,
  velocity,
  type CreateSampler,
  type NoiseSchedule,
  type Sampler,
} from '@rewardedit/diffusion';
import { input, program, state, type Backend } from '@rewardedit/graph';
import { compareAll, type Group } from './comparison.ts';
import { asRecord, readTensors, type ReferenceSet } from './reference-sets.ts';

/** The error of one rounding in a table. */
const TABLE = { absolute: 0, relative: 1e-7 };
/** Fractional timesteps are computed through logarithms in float32. */
const TIMESTEPS = { absolute: 1e-3, relative: 0 };
const TRAJECTORY = { absolute: 0, relative: 1e-4 };

/** One of `runs` in `reference.json`. */
interface Run {
  readonly class: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly step_arguments: { readonly eta?: number };
  readonly steps: number;
}

type Arrays = Record<string, ArrayLike<number>>;

/**
 * Checks `schedulers` sets: tables, noising, and whole runs, whose steps the backend computes, with a formula
 * in place of the network.
 */
export async function checkSchedulers({ folder, facts }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const runs = Object.entries(asRecord(facts.runs) as Record<string, Run>);
  const samplers = runs.map(([, run]) => samplerOfRun(run));
  const found: Record<'timesteps' | 'sigmas' | 'samples', Arrays> = {
    timesteps: {},
    sigmas: {},
    samples: {},
  };
  const expected: typeof found = { timesteps: {}, sigmas: {}, samples: {} };
  for (const [i, [name, run]] of runs.entries()) {
    const create = samplers[i];
    if (!create) continue;
    const { values } = await readTensors(join(folder, `${name}.safetensors`));
    const sampler = create(scheduleOf(run, folder), run.steps, run.step_arguments);
    const network = networkOf(facts.fake_model, values['model_output']);
    const replayed = await replay(backend, sampler, network, values);
    for (const tensor of ['x', 'model_input']) {
      found.samples[`${name} ${tensor}`] = replayed[tensor];
      expected.samples[`${name} ${tensor}`] = values[tensor];
    }
    found.timesteps[name] = sampler.timesteps;
    expected.timesteps[name] = values['timesteps'];
    found.sigmas[name] = [sampler.initialSigma];
    expected.sigmas[name] = values['init_noise_sigma'];
  }
  const others = runs.filter((_, i) => !samplers[i]);
  const classes = new Set(others.map(([, run]) => run.class.replace(/^diffusers\.|Scheduler$/g, '')));
  const skipped = others.length > 0 ? `, ${others.length} runs SKIPPED: ${[...classes].join(', ')}` : '';
  return [
    // The noise schedule is the same in all runs.
    ...(await checkTables(scheduleOf(runs[0][1], folder), folder)),
    compareAll('timesteps', found.timesteps, expected.timesteps, TIMESTEPS),
    compareAll('initial sigmas', found.sigmas, expected.sigmas, TRAJECTORY),
    compareAll(`samples${skipped}`, found.samples, expected.samples, TRAJECTORY),
  ];
}

function scheduleOf(run: Run, folder: string): NoiseSchedule {
  return createNoiseSchedule(parseSchedulerConfig(settingsOf(run), join(folder, 'reference.json')));
}

/** A run's configuration in the form of `scheduler_config.json`. */
function settingsOf({ class: name, config }: Run): Readonly<Record<string, unknown>> {
  return { ...config, _class_name: name.replace(/^diffusers\./, '') };
}

/** Our sampler for the class of a run, if there is one. */
function samplerOfRun(run: Run): CreateSampler | undefined {
  const sampler = samplerOfScheduler(settingsOf(run));
  return sampler && SAMPLERS[sampler];
}

/** A stand-in for the network: maps the input and timestep of a step to an output. */
type Network = (shown: Float32Array, timestep: number, step: number) => Float32Array;

/**
 * The formula that the set was made with, a x + b sin(t) with its own factors, which lets errors accumulate
 * as in use; or else the recorded outputs.
 */
function networkOf(formula: unknown, recorded: ArrayLike<number> | undefined): Network {
  const factors =
    /^model_output = (-?[\d.e-]+) \* model_input ([+-]) ([\d.e-]+) \* (sin|cos)\(timestep\)/.exec(
      String(formula),
    );
  if (factors) {
    const [, a, sign, b, wave] = factors;
    const swing = Number(b) * (sign === '-' ? -1 : 1);
    const at = wave === 'sin' ? Math.sin : Math.cos;
    return (shown, timestep) => shown.map((value) => Number(a) * value + swing * at(timestep));
  }
  if (!recorded)
    throw new Error(`The set has no model_output, and its fake_model is unknown: ${String(formula)}.`);
  const outputs = Float32Array.from(recorded);
  return (shown, _, step) => outputs.subarray(step * shown.length, (step + 1) * shown.length);
}

/** Runs a sampler on the backend from the reference's noise, with a stand-in for the network. */
async function replay(
  backend: Backend,
  sampler: Sampler,
  network: Network,
  values: Arrays,
): Promise<Record<string, Float32Array>> {
  const initialNoise = Float32Array.from(values['initial_noise']);
  const { length } = initialNoise;
  const noises = Float32Array.from(values['noise'] ?? []);
  const names = Array.from({ length: sampler.memories }, (_, i) => `memory_${i}`);
  const latent = state('latent', [length]);
  const next = samplerStep(stepFactors(sampler), {
    output: input('output', [length]),
    sample: latent,
    memory: names.map((name) => state(name, [length])),
    noise: drawsNoise(sampler) ? input('noise', [length]) : undefined,
  });
  const step = program({
    outputs: { sample: next.sample },
    updates: {
      latent: next.sample,
      ...Object.fromEntries(names.map((name, i) => [name, next.memory[i]])),
    },
  });
  const memory = await backend.createState(step.state);
  const executable = await backend.compile(step, memory);
  let sample: Float32Array = initialNoise.map((value) => value * sampler.initialSigma);
  await memory.write('latent', sample);
  const samples = [...sample];
  const inputs: number[] = [];
  for (const [i, factors] of sampler.steps.entries()) {
    const shown = sample.map((value) => value * factors.inputScale);
    const output = network(shown, sampler.timesteps[i], i);
    const noise = new Float32Array(length);
    noise.set(noises.subarray(i * length, (i + 1) * length));
    const given: Record<string, Float32Array> = {
      output,
      noise,
      step_factors: stepFactorValues(sampler, factors),
    };
    const results = await executable.run(given);
    sample = results.sample as Float32Array;
    inputs.push(...shown);
    samples.push(...sample);
  }
  await executable.dispose();
  await memory.dispose();
  return { x: Float32Array.from(samples), model_input: Float32Array.from(inputs) };
}

/** Checks the tables of the schedule, noised samples and velocities. */
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
