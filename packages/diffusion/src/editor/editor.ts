import {
  RewardEditError,
  createRandom,
  lowestReward,
  type Emit,
  type Random,
  type Reward,
  type RunRequests,
  type SavePreview,
} from '@rewardedit/core';
import type { Picture, PictureSize } from '@rewardedit/data';
import type { Backend, State } from '@rewardedit/graph';
import type { NetworkTypes, Tokenizer } from '@rewardedit/models';
import { denoiserValues } from '../denoiser.ts';
import { spaceOf, type EditModelConfig } from '../edit-model.ts';
import { branchesAt, type Branch, type GuidanceScales } from '../guidance.ts';
import { joinArrays } from '../join-arrays.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import { sizeMultiple } from '../picture-size.ts';
import { pipelineOf, type LanguageStateSource } from '../pipelines/index.ts';
import { fromPixelSpace, toPixelSpace } from '../picture-space/index.ts';
import { feedbackTexts } from '../reward-condition.ts';
import { SAMPLERS, stepFactorValues, type SamplerName, type SamplerStep } from '../samplers/index.ts';
import { feedbackInputs } from '../text-encoding.ts';
import { createCache } from './cache.ts';
import { stepOptionsOf } from './edit-programs.ts';
import { openEditSession, type EditSession } from './edit-session.ts';
import { createPreviews } from './previews.ts';

/** Settings of an edit. Same settings, model and requests give the same result. */
export interface EditSettings extends GuidanceScales {
  readonly seed: number;
  readonly steps: number;
  readonly sampler: SamplerName;
  /** DDIM's share of fresh noise in each step, from 0 (default, deterministic) to 1. */
  readonly eta?: number | undefined;
  /** The requested reward. */
  readonly reward: Reward;
}

export interface EditRequest {
  /** Identifies the request. Together with the seed it determines the noise, whatever the instruction and the rest of the batch. */
  readonly key: string;
  readonly picture: Picture;
  readonly instruction: string;
}

export interface EditHooks {
  /** Receives an event for each step of the sampler. */
  readonly emit?: Emit;
  /** Saves a small picture of the edits so far, at most four a second; the step's event names it. */
  readonly savePreview?: SavePreview | undefined;
  /** Cancels the edit between two steps. */
  readonly signal?: AbortSignal;
  /** Awaited between two steps, to pause the edit. */
  readonly whilePaused?: RunRequests['whilePaused'];
}

export interface Editor {
  /**
   * Edits the pictures of all requests together; they must have the same size. Concurrent calls are queued.
   *
   * @throws RewardEditError 'bad-input' if pictures have different sizes or one the model cannot edit, or if two requests have the same
   * key; 'failed' if the result is not finite.
   */
  edit(requests: readonly EditRequest[], settings: EditSettings, hooks?: EditHooks): Promise<Picture[]>;
  dispose(): Promise<void>;
}

/** The model, backend and weights of an editor. */
export interface EditorParts {
  readonly model: EditModelConfig;
  readonly tokenizer: Tokenizer;
  readonly backend: Backend;
  /** The weights under the networks' names. They are used in place. */
  readonly state: State;
  /** The autoencoder's weights under their own names, if they are in a separate state. */
  readonly autoencoder?: State | undefined;
  /** Likewise the text encoder's weights. */
  readonly textEncoder?: State | undefined;
  /** Element types of the stored weights and of the layers; f32 by default. */
  readonly types?: NetworkTypes | undefined;
  /** Weights stored under another name, such as their moving averages. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  /**
   * Bytes that encoding or decoding pictures may use, by default all that is available. If the whole picture needs more, it is encoded
   * and decoded in tiles.
   */
  readonly memory?: number | undefined;
  /** Source of the states of an external language model. */
  readonly states?: LanguageStateSource | undefined;
}

/** Number of batch sizes and picture sizes whose programs are kept. */
const SESSIONS = 2;

/** Creates an editor. Programs are compiled on first use, for each number of pictures and each size. */
export function createEditor(parts: EditorParts): Editor {
  const sessions = createCache<EditSession>(SESSIONS, (session) => session.dispose());
  let last: Promise<unknown> = Promise.resolve();

  return {
    edit(requests, settings, hooks = {}) {
      const work = async () => {
        if (requests.length === 0) return [];
        const { width, height } = checked(requests, parts.model);
        const session = await sessions.get(`${requests.length} of ${width}x${height}`, () =>
          openEditSession(parts, requests.length, { width, height }),
        );
        return runEdit(session, parts, requests, settings, hooks);
      };
      const result = last.then(work, work);
      last = result.catch(() => undefined);
      return result;
    },
    async dispose() {
      await last;
      await sessions.clear();
    },
  };
}

/** Returns the common size of the requests' pictures, or throws. */
function checked(requests: readonly EditRequest[], model: EditModelConfig): PictureSize {
  const [{ picture: first }] = requests;
  if (requests.some(({ picture }) => picture.width !== first.width || picture.height !== first.height))
    throw new RewardEditError('bad-input', 'pictures that are edited together must have the same size');
  const multiple = sizeMultiple(model);
  if (first.width % multiple !== 0 || first.height % multiple !== 0) {
    throw new RewardEditError(
      'bad-input',
      `the model cannot edit a picture of ${first.width} x ${first.height} pixels`,
      { hint: `Width and height must be multiples of ${multiple}.` },
    );
  }
  const keys = new Set(requests.map(({ key }) => key));
  if (keys.size < requests.length)
    throw new RewardEditError(
      'bad-input',
      'two requests have the same key, which would give them the same noise',
    );
  return first;
}

async function runEdit(
  session: EditSession,
  { model, tokenizer, states }: EditorParts,
  requests: readonly EditRequest[],
  settings: EditSettings,
  { emit, savePreview, signal, whilePaused }: EditHooks,
): Promise<Picture[]> {
  const scales = scalesFor(model, settings);
  const sampler = SAMPLERS[settings.sampler](createNoiseSchedule(model.scheduler), settings.steps, {
    eta: settings.eta,
  });
  const stepOptions = stepOptionsOf(sampler);
  const noise = noiseOf(requests, settings.seed, model);
  const samples = [...requests, { picture: requests[0].picture, instruction: undefined }];
  const { reward } = model.unet;
  await session.condition({
    ...(await pipelineOf(model).values(samples, { tokenizer, states })),
    ...(reward &&
      feedbackInputs(
        model,
        tokenizer,
        [settings.reward, lowestReward()].flatMap((each) => feedbackTexts(reward, each)),
      )),
  });
  const asked = reward ? settings.reward : undefined;
  const items = requests.map(({ key: id, instruction }) => ({ id, instruction, asked }));
  await session.begin({
    pixels: joinArrays(requests.map(({ picture }) => toPixelSpace(picture, 1))),
    noise: noise().map((value) => value * sampler.initialSigma),
  });
  const preview = emit && savePreview && (await createPreviews(session, model, requests, savePreview));
  for (const [i, step] of sampler.steps.entries()) {
    await whilePaused?.(signal);
    signal?.throwIfAborted();
    const branches = branchesAt(scales, i + 1);
    const atOnce = session.branchesAtOnce(branches);
    for (let first = 0; first < branches.length; first += atOnce) {
      const part = branches.slice(first, first + atOnce);
      const shared = { model, requests: requests.length, asked: settings.reward };
      const timestep = sampler.timesteps[i];
      await session.denoise(part.length, branchInputs(part, { ...shared, timestep, step }));
    }
    await session.step(stepOptions, {
      step_factors: stepFactorValues(sampler, withSourceShown(step, branches)),
      ...(stepOptions.noise && { noise: noise() }),
    });
    const guidance = Object.fromEntries(branches.map(({ name, weight }) => [name, weight]));
    const isLast = i + 1 === sampler.steps.length;
    const shown = await preview?.({ always: isLast });
    emit?.({ type: 'denoised', step: i + 1, steps: sampler.steps.length, items, guidance, ...shown });
  }
  const pixels = await session.finish();
  assertFinite(pixels);
  const length = pixels.length / requests.length;
  return requests.map(({ picture: { width, height } }, r) =>
    fromPixelSpace(pixels.subarray(r * length, (r + 1) * length), width, height, 1),
  );
}

/** Removes guidance that the model does not support: by reward without reward layers, by feature map without one. */
export function scalesFor(model: EditModelConfig, settings: EditSettings): GuidanceScales {
  return {
    ...settings,
    ...(!model.unet.reward && { rewardScale: 0 }),
    ...(!pipelineOf(model).featureMap && { mapScale: 0 }),
  };
}

/** Returns a function that draws standard normal noise for all requests, each from its own stream: first the initial sample, then one draw for each step. */
function noiseOf(requests: readonly EditRequest[], seed: number, model: EditModelConfig): () => Float32Array {
  const { channels, width, height } = spaceOf(model, requests[0].picture);
  const streams: Random[] = requests.map(({ key }) => createRandom(seed, 'edit', key));
  return () =>
    joinArrays(
      streams.map((random) => {
        const values = new Float32Array(channels * width * height);
        random.fillNormal(values);
        return values;
      }),
    );
}

/** Returns the inputs of `EditPrograms.denoise` for some branches and, within each, all requests. */
function branchInputs(
  branches: readonly Branch[],
  {
    model,
    requests,
    asked,
    timestep,
    step,
  }: {
    model: EditModelConfig;
    requests: number;
    asked: Reward;
    timestep: number;
    step: SamplerStep;
  },
) {
  const rewards = { asked, lowest: lowestReward() };
  const samples = branches.flatMap((branch) => Array.from({ length: requests }, (_, r) => ({ branch, r })));
  const { reward } = model.unet;
  return {
    ...denoiserValues(
      model,
      samples.map(({ branch }) => ({
        timestep,
        reward: rewards[branch.reward],
        text: branch.text,
        map: branch.map,
      })),
    ),
    texts: Int32Array.from(samples, ({ branch, r }) => (branch.text ? r : requests)),
    ...(reward && {
      feedbacks: Int32Array.from(samples, ({ branch }) => (branch.reward === 'asked' ? 0 : 1)),
    }),
    shown: Float32Array.from(samples, ({ branch }) => (branch.image ? 1 : 0)),
    weights: Float32Array.from(branches, ({ weight }) => weight),
    input_scale: Float32Array.of(step.inputScale),
  };
}

/**
 * Scales the source's factors for residual models: each branch that sees the source predicts a difference to it, so the guided output lacks the
 * source times the sum of these branches' weights.
 */
function withSourceShown(step: SamplerStep, branches: readonly Branch[]): SamplerStep {
  const shown = branches.filter(({ image }) => image).reduce((total, { weight }) => total + weight, 0);
  const { picture, next } = step;
  return {
    ...step,
    picture: { ...picture, source: picture.source * shown },
    next: { ...next, source: (next.source ?? 0) * shown },
  };
}

/** Throws if a value is not finite: a picture would show it as black, as if that were the edit. */
function assertFinite(values: Float32Array): void {
  if (values.every(Number.isFinite)) return;
  throw new RewardEditError('failed', 'the edit contains values that are not finite', {
    hint: 'Use weaker guidance. If that does not help, the weights of the model are damaged.',
  });
}
