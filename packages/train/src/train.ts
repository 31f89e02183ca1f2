import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  NO_REQUESTS,
  RewardEditError,
  collectGarbage,
  highestReward,
  openRunFolder,
  type Emit,
  type RunFolder,
  type RunRequests,
  type SavePreview,
} from '@rewardedit/core';
import {
  createNoiseSchedule,
  defaultEditSettings,
  feedbackTokens,
  type LanguageStateSource,
} from '@rewardedit/diffusion';
import {
  checkMemory,
  initialLossScale,
  type Backend,
  type MemoryPlan,
  type Program,
} from '@rewardedit/graph';
import { LORA_FILE, writeLora } from '@rewardedit/models';
import { makeBatch, type BatchMaker } from './batch.ts';
import { findCheckpoint, loadCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint.ts';
import { BEFORE_SET, MAY_DIFFER, type TrainConfig } from './config.ts';
import { latentEncoder, pixelEncoder, type PictureEncoder } from './encoded-pictures.ts';
import { encodedTexts, textPrograms, textsAsIds } from './encoded-texts.ts';
import { openExamples, type Example, type Examples } from './examples.ts';
import { extendRun } from './extend-run.ts';
import { assertMayBeSkipped } from './skipped-steps.ts';
import { startWeights } from './start-weights.ts';
import { savedEntries, stateSpecs, textEncoderSpecs } from './state-entries.ts';
import { usedWeights } from './model.ts';
import { lossScaleOf, trainingPrograms } from './objective.ts';
import { prefetch } from './prefetch.ts';
import { prepare, type Prepared } from './prepare.ts';
import { placeOf, specsOf, type RunWeights } from './run-weights.ts';
import { createReleases, type Releases } from './releases.ts';
import { replaceDatasetRecord, writeRunInputs } from './run-inputs.ts';
import { drawSamples, memoryWithSamples } from './samples.ts';
import { isFinite, runStep, type StepResult, type TrainingExecutables } from './step.ts';
import { cutTexts, leftOutSplits } from './survey.ts';
import { describeTrainable } from './trainable.ts';
import { usedEntry } from './used-entry.ts';
import { writeTrainedModel } from './write-model.ts';

export interface TrainOptions {
  /** Dataset folder. */
  readonly dataset: string;
  /** Run folder. It is created, or its run is resumed if it is the same. */
  readonly run: string;
  /** From `resolveTrainConfig`. */
  readonly config: TrainConfig;
  readonly backend: Backend;
  /** Resumes even if the dataset has changed since the run began. */
  readonly acceptChangedData?: boolean;
  /** Stops the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Receives an event for every step, checkpoint and sample, and one with the memory requirements before the first step. */
  readonly emit?: Emit;
  /** Saves small previews of samples while they are drawn. */
  readonly savePreview?: SavePreview | undefined;
  /** Source of the states of an external language model. */
  readonly states?: LanguageStateSource | undefined;
  /** Requests while the run is in progress: to pause, for a checkpoint, for a sample. */
  readonly requests?: RunRequests;
}

export interface TrainResult {
  readonly steps: number;
  /** Loss of the last step; undefined if the run was already complete. */
  readonly loss?: number;
  /** Model folder, with the averaged weights. */
  readonly model: string;
}

/** Ways to reduce memory, cheapest first. */
const LESS_MEMORY =
  'Choose a smaller --batch-size with more --accumulation, --recompute, --sample-count 0, or a smaller --size.';

/** For a larger state, in bytes, the garbage left after loading it is collected before training starts. */
const LARGE_STATE = 2 ** 26;

/** Queries with a smaller spread (`querySpread`) are practically equal. */
const EQUAL_QUERIES = 0.01;

/**
 * Trains a model, or resumes an interrupted run: the same dataset, config and run folder give the same weights, bit for bit on the CPU, however
 * often and wherever the run was interrupted.
 *
 * @throws RewardEditError 'interrupted' if stopped by `signal`, with everything saved; 'bad-input' for stage 2 without rewards, a picture that
 * cannot be read, a dataset that has changed since the run began, or a folder of another run; 'failed' if gradients are not finite, or
 * there is not enough memory.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const prepared = await prepare(options);
  const { run: path, dataset, backend, config } = options;
  const settings = { command: 'train', dataset, backend: backend.name, ...config };
  let earlierSteps: number | undefined;
  const run = await openRunFolder(path, {
    config: settings,
    beforeSet: BEFORE_SET,
    // The dataset is identified by its contents, not by its path. Until its first step, a run may become another one.
    ...(prepared.recorded
      ? {
          mayDiffer: [...MAY_DIFFER, 'dataset', 'steps'],
          beforeReplace: async (recorded) => void (earlierSteps = await extendRun(path, recorded, config)),
        }
      : { mayDiffer: Object.keys(settings) }),
  });
  const releases = createReleases();
  releases.add(run, run.close);
  const emit = options.emit ?? (() => undefined);
  if (earlierSteps !== undefined)
    emit({ type: 'log', message: `The run was extended from ${earlierSteps} to ${config.steps} steps.` });
  try {
    const result = await trainIn(run, { ...options, ...prepared, emit, releases });
    await releases.all();
    return result;
  } catch (error) {
    // The first error is the one to throw.
    await releases.all().catch(() => undefined);
    throw error;
  }
}

type Work = TrainOptions & Prepared & { readonly emit: Emit; readonly releases: Releases };

async function trainIn(run: RunFolder, work: Work): Promise<TrainResult> {
  const { dataset, config, backend, trained, rewards, rewrites, recorded, releases, emit } = work;
  const { size, seed } = config;
  const examples = await openExamples(dataset, {
    ...{ size, seed, rewards, rewrites, positions: work.survey.positions },
    rectify: config.instructions === 'rectified',
  });
  releases.add(examples, examples.close);
  const programs = trainingPrograms(trained, config);
  const specs = stateSpecs(programs, trained);
  const encoder = trained.texts === 'encoded' ? textPrograms(trained.model, config.precision) : {};
  const encoderSpecs = textEncoderSpecs(encoder);
  const training: MemoryPlan = {
    states: [specs, encoderSpecs],
    programs: Object.values<Program | undefined>({ ...programs, ...encoder }).flatMap((program) =>
      program ? [{ program }] : [],
    ),
  };
  const samples = Math.min(config.sampleCount, examples.count);
  const need =
    samples === 0 ? backend.memory(training) : memoryWithSamples(trained, samples, config, backend, training);
  checkMemory(need, backend, { what: 'Training', hint: LESS_MEMORY, emit });
  const state = await backend.createState(specs);
  releases.add(state, state.dispose);
  const textEncoder = trained.texts === 'encoded' ? await backend.createState(encoderSpecs) : undefined;
  if (textEncoder) releases.add(textEncoder, textEncoder.dispose);
  const weights = { state, textEncoder };

  const { progress, frozen } = await start(run, weights, work);
  const batch = await backend.compile(programs.batch, state);
  releases.add(batch, batch.dispose);
  const apply = programs.apply && (await backend.compile(programs.apply, state));
  if (apply) releases.add(apply, apply.dispose);
  if (need.state > LARGE_STATE) collectGarbage();

  const { autoencoder } = trained;
  const pictures = autoencoder
    ? await latentEncoder({ ...trained, autoencoder }, { dataset, size, backend })
    : pixelEncoder(trained.model);
  releases.add(pictures, pictures.close);
  const { model, tokenizer } = trained;
  const texts = textEncoder
    ? await encodedTexts(model, { ...config, tokenizer, state: textEncoder, backend, dataset })
    : textsAsIds(model, { tokenizer, states: work.states, aligns: config.objective === 'alignment' });
  releases.add(texts, texts.close);
  const schedule = createNoiseSchedule(model.scheduler);
  const maker = { model, schedule, config, encoder: pictures, texts };
  const batches = prefetch((number) => nextBatch(examples, maker, number));
  releases.add(batches, batches.close);
  const begin = once(async () => {
    const { record } = work.survey;
    if (!recorded) await writeRunInputs(run.path, { tokenizer, record, frozen });
    else if (work.changes.length > 0) await replaceDatasetRecord(run.path, record);
  });
  const inputs = async (number: number) => {
    const made = await batches.get(number);
    await begin();
    return made;
  };
  return steps(run, {
    ...work,
    weights,
    encoder: pictures,
    examples,
    executables: { batch, apply },
    progress,
    inputs,
  });
}

/** Loads the initial weights and the last checkpoint, and emits warnings and facts about the run. */
async function start(
  run: RunFolder,
  weights: RunWeights,
  { trained, config, survey, recorded, changes, emit }: Work,
): Promise<{ progress: Progress; frozen: string | undefined }> {
  const warnings: string[] = [];
  const checkpoint = await findCheckpoint(run.checkpointsDir, (message) => warnings.push(message));
  const step = checkpoint?.step ?? 0;
  emit({ type: 'resumed', step });
  const { model, tokenizer } = trained;
  const { reward } = model.unet;
  const feedback = reward?.tokens === 'per-perspective' ? survey.perspectiveFeedback : survey.feedback;
  const cut = cutTexts({ ...survey, feedback }, tokenizer, {
    instruction: model.tokens,
    feedback: reward ? feedbackTokens(model) : Infinity,
  });
  if (cut !== undefined) warnings.push(cut);
  if (changes.length > 0)
    warnings.push(`the dataset has changed since the run began (accepted): ${changes.join('; ')}`);
  for (const message of warnings) emit({ type: 'warning', message });
  const leftOut = leftOutSplits(survey);
  if (leftOut !== undefined) emit({ type: 'log', message: leftOut });
  emit({ type: 'log', message: describeTrainable(trained, specsOf(weights)) });

  const frozen = await startWeights(trained, weights, {
    config,
    // A checkpoint has the trained parameters.
    withTrained: checkpoint === undefined,
    recorded: recorded?.frozen,
    where: config.init,
  });
  const { state } = weights;
  const scale = lossScaleOf(config);
  for (const [name, values] of Object.entries(scale ? initialLossScale(scale) : {}))
    await state.write(name, values);
  if (checkpoint) await loadCheckpoint(checkpoint, state, savedEntries(trained, config));
  return { progress: { step, skipped: checkpoint?.skipped ?? 0 }, frozen };
}

interface Steps extends Work {
  readonly weights: RunWeights;
  readonly encoder: PictureEncoder;
  readonly examples: Examples;
  readonly executables: TrainingExecutables;
  /** Progress so far. */
  readonly progress: Progress;
  readonly inputs: Parameters<typeof runStep>[3];
}

/** The progress of a run. */
type Progress = Pick<Checkpoint, 'step' | 'skipped'>;

/** Runs the remaining steps and writes the model. */
async function steps(run: RunFolder, work: Steps): Promise<TrainResult> {
  const { config, weights, trained, emit, savePreview, signal, requests = NO_REQUESTS } = work;
  const { state } = weights;
  const stopped = () => signal?.aborted === true;
  let { step, skipped } = work.progress;
  let loss: number | undefined;
  let inARow = 0;
  let hasWarned = false;
  const warnOfEqualQueries = ({ querySpread }: StepResult) => {
    if (hasWarned || querySpread === undefined || querySpread >= EQUAL_QUERIES) return;
    hasWarned = true;
    const message = `since step ${step}, all queries of the Q-Former are nearly the same (their spread is ${querySpread.toPrecision(2)}): the U-Net's context is one token repeated`;
    emit({ type: 'warning', message });
  };

  const asked = trained.model.unet.reward && highestReward();
  const toAsked = ({ triplet: { id, instruction } }: Example) => ({ id, instruction, asked });
  let saved = step;
  const save = async () => {
    if (saved === step) return;
    const { path } = await saveCheckpoint(run.checkpointsDir, { step, skipped }, state, {
      names: savedEntries(trained, config),
      keep: config.checkpointsKept,
    });
    saved = step;
    emit({ type: 'checkpoint', step, path });
  };
  const samplePath = () => join(run.samplesDir, `step-${String(step).padStart(6, '0')}.png`);
  const lacksSample = () =>
    config.sampleCount > 0 &&
    step > 0 &&
    (step === config.steps || step % config.sampleEvery === 0) &&
    !existsSync(samplePath());
  const read = usedWeights(trained, (name) => {
    const [state, own] = placeOf(weights, name);
    return state.read(trained.trainable.has(name) ? usedEntry(own, config) : own);
  });
  const draw = async () => {
    const path = samplePath();
    const examples = await firstExamples(work.examples, config.sampleCount);
    const phase = 'Drawing samples';
    const report: Emit = (event) =>
      emit(event.type === 'denoised' ? { ...event, phase, done: event.step } : event);
    emit({ type: 'phase-started', phase, unit: 'steps', total: defaultEditSettings(trained.model).steps });
    try {
      const hooks = { emit: report, savePreview, ...(signal && { signal }) };
      await drawSamples(
        path,
        trained,
        { ...work, autoencoder: work.encoder.autoencoder, used: read },
        { config, examples, hooks },
      );
      emit({ type: 'sample', step, path, items: examples.map(toAsked) });
    } catch (error) {
      if (stopped()) return;
      // A failed sample must not end a training.
      const message = `the samples of step ${step} could not be drawn: ${error instanceof Error ? error.message : String(error)}`;
      emit({ type: 'warning', message });
    } finally {
      emit({ type: 'phase-finished', phase });
    }
  };

  try {
    // A sample that an interruption prevented.
    if (lacksSample() && !stopped()) await draw();
    while (step < config.steps && !stopped()) {
      const begun = performance.now();
      const result = await runStep(work.executables, { step, skipped }, config, work.inputs);
      if (isFinite(result)) {
        inARow = 0;
        step += 1;
        loss = result.loss;
        const seconds = (performance.now() - begun) / 1000;
        emit({ type: 'step', step, metrics: { ...result }, seconds });
        warnOfEqualQueries(result);
      } else {
        inARow += 1;
        assertMayBeSkipped(step + 1, inARow, config);
        step += 1;
        skipped += 1;
        emit({ type: 'warning', message: `step ${step} was skipped: its gradients are not finite` });
      }
      if (step === config.steps || step % config.checkpointEvery === 0) await save();
      else if (requests.take('checkpoint')) await save();
      if ((requests.take('sample') || lacksSample()) && !stopped()) await draw();
      await requests.whilePaused(signal);
    }
    await save();
  } catch (error) {
    // Saves the steps done so far, unless the disk or the backend itself failed.
    await save().catch(() => undefined);
    throw error;
  }
  if (step < config.steps || (stopped() && lacksSample())) {
    throw new RewardEditError(
      'interrupted',
      `stopped after step ${step} of ${config.steps}; all of them are saved`,
      { hint: 'Repeat the command to resume.' },
    );
  }
  const model = join(run.path, 'model');
  await writeTrainedModel(model, trained, read);
  if (trained.lora) {
    const { parameters, settings } = trained.lora;
    await writeLora(join(run.path, LORA_FILE), parameters, settings, (name) =>
      state.read(usedEntry(name, config)),
    );
  }
  return { steps: step, model, ...(loss !== undefined && { loss }) };
}

async function nextBatch(examples: Examples, maker: BatchMaker, number: number) {
  const first = number * maker.config.batchSize;
  const positions = Array.from({ length: maker.config.batchSize }, (_, i) => first + i);
  return makeBatch(maker, await Promise.all(positions.map((position) => examples.at(position))), first);
}

async function firstExamples(examples: Examples, count: number): Promise<Example[]> {
  return Promise.all(Array.from({ length: Math.min(count, examples.count) }, (_, i) => examples.at(i)));
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= act());
}
