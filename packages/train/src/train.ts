import { join } from 'node:path';
import { readRewards, rewardsPath } from '@rewardedit/annotate';
import {
  RewardEditError,
  highestReward,
  openRunFolder,
  type Emit,
  type Reward,
  type RunFolder,
} from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { createNoiseSchedule } from '@rewardedit/diffusion';
import {
  emaDecay,
  learningRateFactor,
  stateNames,
  trainingScalars,
  type Backend,
  type Executable,
  type Program,
  type State,
  type TensorData,
  type TensorSpec,
} from '@rewardedit/graph';
import { makeBatch, type BatchMaker } from './batch.ts';
import { findCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import type { TrainConfig } from './config.ts';
import { openExamples, type Example, type Examples } from './examples.ts';
import { openTrainedModel, replaceModelFolder, type TrainedModel } from './model.ts';
import { trainingPrograms, type TrainingPrograms } from './objective.ts';
import { drawSamples } from './samples.ts';

export interface TrainOptions {
  /** Dataset folder. */
  readonly dataset: string;
  /** Run folder: made, or continued where it holds the same run. */
  readonly run: string;
  readonly config: TrainConfig;
  readonly backend: Backend;
  /** Ends the run after the step in flight, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Told of every step, checkpoint and sample, and before the first step of the memory that it takes. */
  readonly emit?: Emit;
}

export interface TrainResult {
  readonly steps: number;
  /** Loss of the last step; none where the run had reached its end before. */
  readonly loss?: number;
  /** Model folder, with the averaged weights. */
  readonly model: string;
}

/**
 * Trains a model, or goes on with a run that was interrupted: the same dataset, config and run folder give the same weights, bit
 * for bit on the CPU, however often and wherever the run was cut off.
 *
 * @throws RewardEditError 'interrupted' where `signal` ended it, with everything saved; 'bad-input' for a stage 2 without rewards, a picture that cannot be read, or a run folder of another run.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { dataset, config, backend, signal, emit = () => undefined } = options;
  const rewards = await findRewards(dataset, config);
  const trained = await openTrainedModel(config, dataset, rewards);
  const run = await openRunFolder(options.run, {
    config: { command: 'train', dataset, backend: backend.name, ...config },
  });
  const examples = await openExamples(dataset, { size: config.size, seed: config.seed, rewards });
  const programs = trainingPrograms(trained.model, config);
  const specs = stateSpecs(programs);
  const memory = backend.memory({
    states: [specs],
    programs: Object.values<Program>({ ...programs }).map((program) => ({ program })),
  });
  emit({ type: 'memory', ...memory });
  const state = await backend.createState(specs);
  try {
    const first = await start(run, state, trained, emit);
    const batch = await backend.compile(programs.batch, state);
    const apply = programs.apply && (await backend.compile(programs.apply, state));

    const maker = { ...trained, schedule: createNoiseSchedule(trained.model.scheduler), config };
    const batches = prefetch((position) => nextBatch(examples, maker, position));
    const stopped = () => signal?.aborted === true;
    let step = first;
    let loss: number | undefined;
    const asked = trained.model.unet.reward === undefined ? undefined : highestReward();
    const toAsked = ({ triplet: { id, instruction } }: Example) => ({ id, instruction, asked });
    while (step < config.steps && !stopped()) {
      const begun = performance.now();
      const metrics = await runStep({ batch, apply }, step, config, batches);
      step += 1;
      loss = metrics.loss;
      emit({ type: 'step', step, metrics, seconds: (performance.now() - begun) / 1000 });
      const last = step === config.steps || stopped();
      if (last || step % config.checkpointEvery === 0) {
        const { path } = await saveCheckpoint(run.checkpointsDir, step, state, config.checkpointsKept);
        emit({ type: 'checkpoint', step, path });
      }
      if (config.sampleCount > 0 && (step === config.steps || step % config.sampleEvery === 0)) {
        const path = join(run.samplesDir, `step-${String(step).padStart(6, '0')}.png`);
        const shown = await firstExamples(examples, config.sampleCount);
        await drawSamples(path, trained, {
          backend,
          config,
          state,
          examples: shown,
        });
        emit({ type: 'sample', step, path, items: shown.map(toAsked) });
      }
    }
    if (step < config.steps) {
      throw new RewardEditError(
        'interrupted',
        `stopped after step ${step} of ${config.steps}; all of them are saved`,
        {
          hint: 'Repeat the command to go on.',
        },
      );
    }
    const model = join(run.path, 'model');
    await replaceModelFolder(model, trained, (name) => state.read(stateNames.average(name)));
    return { steps: step, model, ...(loss !== undefined && { loss }) };
  } finally {
    await Promise.all([state.dispose(), examples.close(), run.close()]);
  }
}

/** The rewards of the dataset's journal, where there is one. */
async function findRewards(folder: string, { stage }: TrainConfig): Promise<ReadonlyMap<string, Reward>> {
  if (stage === 1) return new Map();
  const path = rewardsPath(await openDataset(folder));
  const rewards = await readRewards(path);
  if (rewards.size === 0) {
    throw new RewardEditError('bad-input', 'stage 2 trains with rewards, and the dataset has none', {
      where: path,
      hint: 'Score the dataset with `rewardedit annotate`, or train stage 1.',
    });
  }
  return rewards;
}

function stateSpecs({ batch, apply }: TrainingPrograms): Record<string, TensorSpec> {
  const entries = Object.entries({ ...batch.state, ...apply?.state });
  return Object.fromEntries(entries.map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
}

/** Brings the state to where the run stands; gives the number of steps done. */
async function start(run: RunFolder, state: State, trained: TrainedModel, emit: Emit): Promise<number> {
  const warnings: string[] = [];
  const checkpoint = await findCheckpoint(run.checkpointsDir, (message) => warnings.push(message));
  for (const message of warnings) emit({ type: 'warning', message });
  if (checkpoint) {
    await loadCheckpoint(checkpoint, state);
    emit({ type: 'resumed', step: checkpoint.step });
    return checkpoint.step;
  }
  // Moments start at zero, as every state does; averages as copies of the weights.
  await trained.initialize(async (name, values) => {
    await state.write(name, values);
    await state.write(stateNames.average(name), values);
  });
  emit({ type: 'resumed', step: 0 });
  return 0;
}

async function nextBatch(examples: Examples, maker: BatchMaker, number: number) {
  const first = number * maker.config.batchSize;
  const positions = Array.from({ length: maker.config.batchSize }, (_, i) => first + i);
  return makeBatch(maker, await Promise.all(positions.map((position) => examples.at(position))), first);
}

/** Makes the next batch while the present one is used. */
function prefetch<Batch>(make: (number: number) => Promise<Batch>): (number: number) => Promise<Batch> {
  let ahead: { number: number; batch: Promise<Batch> } | undefined;
  return async (number) => {
    const batch = ahead?.number === number ? ahead.batch : make(number);
    const value = await batch;
    const next = make(number + 1);
    // Its failure is reported when it is asked for.
    next.catch(() => undefined);
    ahead = { number: number + 1, batch: next };
    return value;
  };
}

async function runStep(
  { batch, apply }: { batch: Executable; apply: Executable | undefined },
  step: number,
  config: TrainConfig,
  batches: (number: number) => Promise<Record<string, TensorData>>,
): Promise<{ loss: number; learningRate: number; gradientNorm: number }> {
  const factor = learningRateFactor(config.schedule, step, {
    warmupSteps: config.warmupSteps,
    trainingSteps: config.steps,
  });
  const learningRate = config.learningRate * factor;
  const scalars = trainingScalars({
    step: step + 1,
    learningRate,
    adamw: config,
    emaDecay: emaDecay(step + 1, { decay: config.emaDecay }),
  });
  let loss = 0;
  let outputs: Record<string, TensorData> = {};
  for (let micro = 0; micro < config.accumulation; micro++) {
    const inputs = await batches(step * config.accumulation + micro);
    outputs = await batch.run(apply ? inputs : { ...inputs, ...scalars });
    loss += outputs['loss'][0] / config.accumulation;
  }
  if (apply) outputs = await apply.run(scalars);
  if (!Number.isFinite(loss)) {
    throw new RewardEditError('failed', `the loss became ${loss} at step ${step + 1}`, {
      hint: 'Lower the learning rate; the last checkpoint is from before.',
    });
  }
  return { loss, learningRate, gradientNorm: outputs['gradient_norm'][0] };
}

async function firstExamples(examples: Examples, count: number): Promise<Example[]> {
  return Promise.all(Array.from({ length: Math.min(count, examples.count) }, (_, i) => examples.at(i)));
}
