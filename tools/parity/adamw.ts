import { join } from 'node:path';
import {
  adamwScalars,
  adamwUpdates,
  clipByGlobalNorm,
  emaDecay,
  emaUpdates,
  input,
  learningRateFactor,
  LEARNING_RATE_SCHEDULES,
  program,
  state,
  stateNames,
  type Backend,
  type EmaSettings,
  type LearningRateOptions,
  type Tensor,
  type TensorData,
} from '@rewardedit/graph';
import { compareAll, type Group } from './comparison.ts';
import { asRecord, readTensors, type ReferenceSet, type Tensors } from './reference-sets.ts';

const TENSOR = { absolute: 1e-6, relative: 0 };
const NORM = { absolute: 0, relative: 1e-6 };
/** Decays and factors are computed on the host in double precision, like the reference. */
const HOST = { absolute: 1e-12, relative: 0 };

/** `adamw` of `reference.json`. */
interface Settings {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly max_norm: number;
  readonly steps: number;
}

/** One of `ema` in `reference.json`: arguments of diffusers' `EMAModel`, and the decays that follow. */
interface Average {
  readonly arguments: {
    readonly decay: number;
    readonly use_ema_warmup?: boolean;
    readonly inv_gamma?: number;
    readonly power?: number;
    readonly update_after_step?: number;
    readonly min_decay?: number;
  };
  readonly decay_at: Readonly<Record<string, number>>;
}

/** One of `learning_rate_factors` in `reference.json`: arguments of diffusers' `get_scheduler`, and the factor of each step. */
interface Schedule {
  readonly arguments: {
    readonly num_warmup_steps?: number;
    readonly num_training_steps?: number;
    readonly num_cycles?: number;
    readonly power?: number;
  };
  readonly factors: readonly number[];
}

/**
 * Checks `adamw` sets: clipping, AdamW and moving averages step by step on the backend, and the schedules on
 * the host.
 */
export async function checkAdamW({ folder, facts }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const tensors = await readTensors(join(folder, 'adamw.safetensors'));
  const settings = asRecord(facts.adamw) as unknown as Settings;
  const averages = asRecord(facts.ema) as Record<string, Average>;
  const schedules = asRecord(facts.learning_rate_factors) as Record<string, Schedule>;

  const found: Record<string, TensorData> = {};
  for (const [variant, average] of Object.entries(averages)) {
    Object.assign(found, await train(backend, tensors, settings, variant, emaSettings(average)));
  }
  const { grad_norms: norms, ...expected } = pick(
    tensors.values,
    (name) => !/^initial\.|\.grad\./.test(name),
  );
  return [
    ...['clipped', 'param', 'exp_avg', 'exp_avg_sq', 'ema'].map((part) =>
      compareAll(
        part,
        found,
        pick(expected, (name) => name.split('.')[1] === part),
        TENSOR,
      ),
    ),
    compareAll('gradient norms', found, { grad_norms: norms }, NORM),
    compareAll('decays of averages', ...decays(averages), HOST),
    compareAll('learning rates', ...factors(schedules), HOST),
  ];
}

function pick<T>(record: Readonly<Record<string, T>>, keep: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => keep(name)));
}

function emaSettings({ arguments: given }: Average): EmaSettings {
  return {
    decay: given.decay,
    ...(given.use_ema_warmup !== undefined && { useWarmup: given.use_ema_warmup }),
    ...(given.inv_gamma !== undefined && { invGamma: given.inv_gamma }),
    ...(given.power !== undefined && { power: given.power }),
    ...(given.update_after_step !== undefined && { updateAfterStep: given.update_after_step }),
    ...(given.min_decay !== undefined && { minDecay: given.min_decay }),
  };
}

/**
 * Runs all steps with one moving average; returns everything the backend computed, under the reference's
 * names.
 */
async function train(
  backend: Backend,
  { values, shapes }: Tensors,
  settings: Settings,
  variant: string,
  ema: EmaSettings,
): Promise<Record<string, TensorData>> {
  const names = Object.keys(values).flatMap((name) => /^initial\.(.+)$/.exec(name)?.[1] ?? []);
  const each = (make: (name: string) => Tensor) =>
    Object.fromEntries(names.map((name) => [name, make(name)]));
  const { gradients, norm } = clipByGlobalNorm(
    each((name) => input(`grad.${name}`, shapes[`initial.${name}`])),
    settings.max_norm,
  );
  const updates = adamwUpdates({
    parameters: each((name) => state(name, shapes[`initial.${name}`])),
    gradients,
    betas: settings.betas,
    epsilon: settings.eps,
    weightDecay: settings.weight_decay,
  });
  const step = program({
    outputs: { ...gradients, norm },
    updates: { ...updates, ...emaUpdates(each((name) => updates[name])) },
  });

  const device = await backend.createState(
    Object.fromEntries(
      Object.entries(step.state).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
    ),
  );
  for (const name of names) {
    const initial = Float32Array.from(values[`initial.${name}`]);
    await device.write(name, initial);
    await device.write(stateNames.average(name), initial);
    await device.write(stateNames.firstMoment(name), new Float32Array(initial.length));
    await device.write(stateNames.secondMoment(name), new Float32Array(initial.length));
  }
  const executable = await backend.compile(step, device);
  const found: Record<string, TensorData> = {};
  const norms: number[] = [];
  for (let n = 1; n <= settings.steps; n++) {
    const { correction1, correction2 } = adamwScalars(n, settings.betas);
    const results: Record<string, TensorData> = await executable.run({
      learning_rate: Float32Array.of(settings.lr),
      correction1: Float32Array.of(correction1),
      correction2: Float32Array.of(correction2),
      ema_decay: Float32Array.of(emaDecay(n, ema)),
      ...Object.fromEntries(names.map((name) => [`grad.${name}`, values[`step${n}.grad.${name}`]])),
    });
    norms.push(results['norm'][0]);
    for (const name of names) {
      found[`step${n}.clipped.${name}`] = results[name];
      found[`step${n}.param.${name}`] = await device.read(name);
      found[`step${n}.exp_avg.${name}`] = await device.read(stateNames.firstMoment(name));
      found[`step${n}.exp_avg_sq.${name}`] = await device.read(stateNames.secondMoment(name));
      found[`step${n}.ema.${variant}.${name}`] = await device.read(stateNames.average(name));
    }
  }
  await executable.dispose();
  await device.dispose();
  return { ...found, grad_norms: Float32Array.from(norms) };
}

type Numbers = Record<string, readonly number[]>;

/** The decay of each moving average at the steps in the reference: ours, and the reference's. */
function decays(averages: Readonly<Record<string, Average>>): [found: Numbers, expected: Numbers] {
  const found: Numbers = {};
  const expected: Numbers = {};
  for (const [variant, average] of Object.entries(averages)) {
    found[variant] = Object.keys(average.decay_at).map((step) =>
      emaDecay(Number(step), emaSettings(average)),
    );
    expected[variant] = Object.values(average.decay_at);
  }
  return [found, expected];
}

/** The factor of each learning-rate schedule at each step: ours, and the reference's. */
function factors(schedules: Readonly<Record<string, Schedule>>): [found: Numbers, expected: Numbers] {
  const found: Numbers = {};
  const expected: Numbers = {};
  for (const [name, { arguments: given, factors: listed }] of Object.entries(schedules)) {
    expected[name] = listed;
    const schedule = LEARNING_RATE_SCHEDULES.find((known) => known === name);
    if (!schedule) continue;
    const options: LearningRateOptions = {
      warmupSteps: given.num_warmup_steps ?? 0,
      trainingSteps: given.num_training_steps ?? 0,
      ...(given.num_cycles !== undefined && { cycles: given.num_cycles }),
      ...(given.power !== undefined && { power: given.power }),
    };
    found[name] = listed.map((_, step) => learningRateFactor(schedule, step, options));
  }
  return [found, expected];
}
