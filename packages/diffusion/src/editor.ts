import { RewardEditError, createRandom, highestReward, lowestReward, type Reward } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { program, type Backend, type Executable, type State } from '@rewardedit/graph';
import { createNetwork, timestepSinusoids, type ParameterSpecs, type Tokenizer } from '@rewardedit/models';
import {
  coordinatesOf,
  denoisingNetwork,
  spaceOf,
  textInputs,
  textNetwork,
  type EditModelConfig,
} from './edit-network.ts';
import { branchesAt, combine, type Branch, type GuidanceScales } from './guidance.ts';
import { joinArrays } from './join-arrays.ts';
import { fromPixelSpace, toPixelSpace } from './pixel-space.ts';
import { feedbackText, scoreCondition } from './reward-condition.ts';
import { createNoiseSchedule } from './noise-schedule.ts';
import { SAMPLERS, type SamplerName } from './samplers/index.ts';

/** How an edit is drawn. The same settings, model and pictures give the same result. */
export interface EditSettings extends GuidanceScales {
  readonly seed: number;
  readonly steps: number;
  readonly sampler: SamplerName;
  /** The reward that is asked for. */
  readonly reward: Reward;
}

export interface EditRequest {
  readonly picture: Picture;
  readonly instruction: string;
}

export interface EditHooks {
  /** Called after each step of the sampler. */
  readonly onStep?: (done: number, total: number) => void;
  /** Ends the run between two steps. */
  readonly signal?: AbortSignal;
}

/** Edits pictures of one size. */
export interface Editor {
  /** Edits as many pictures as there are requests, together. */
  edit(requests: readonly EditRequest[], settings: EditSettings, hooks?: EditHooks): Promise<Picture[]>;
  dispose(): Promise<void>;
}

/** Settings that suit models in pixel space: few steps, no guidance by text or picture, a little by reward; the highest scores. */
export function defaultEditSettings(): EditSettings {
  return {
    seed: 0,
    steps: 10,
    sampler: 'ddim',
    textScale: 1,
    imageScale: 1,
    rewardScale: 0.5,
    reward: highestReward(),
  };
}

/** Inputs of the network, with as many rows as there are requests. */
type Condition = Readonly<Record<string, Float32Array>>;

/** What an editor is made of. */
export interface EditorParts {
  readonly model: EditModelConfig;
  readonly tokenizer: Tokenizer;
  readonly backend: Backend;
  /** The weights, under the names that the networks give them. */
  readonly state: State;
}

/** The parameters of text encoder and U-Net together, by the names under which they stand in one state. */
export function editParameters(model: EditModelConfig): ParameterSpecs {
  const text = createNetwork();
  textNetwork(model, 1, text);
  const size = 2 ** model.unet.block_out_channels.length;
  const { network } = denoisingNetwork(model, { batch: 1, width: size, height: size });
  return { ...text.specs, ...network.specs };
}

/**
 * Makes an editor for pictures of the given size. Programs are compiled when they are first needed, with the weights of that
 * moment as constants.
 */
export function createEditor(
  { model, tokenizer, backend, state }: EditorParts,
  size: { width: number; height: number },
): Editor {
  const space = spaceOf(model, size);
  const length = space.channels * space.width * space.height;
  const coordinates = coordinatesOf(model, size);
  /** What a branch that is not shown the source gets in its place. */
  const nothing = new Float32Array(length);
  const patch = model.pixelSpace.patch_size;
  const compiled = new Map<string, Promise<Executable>>();

  function compileOnce(key: string, build: () => ReturnType<typeof program>): Promise<Executable> {
    const known = compiled.get(key) ?? backend.compile(build(), state, { freeze: 'all' });
    compiled.set(key, known);
    return known;
  }

  async function encode(texts: readonly string[]) {
    const executable = await compileOnce(`text ${texts.length}`, () =>
      program({ outputs: { ...textNetwork(model, texts.length) } }),
    );
    const { encoded, pooled } = await executable.run(textInputs(model, tokenizer, texts));
    return { encoded: encoded as Float32Array, pooled: pooled as Float32Array };
  }

  /** What the network is told besides the picture, the same at every step: for each branch, by its name. */
  async function conditions(
    requests: readonly EditRequest[],
    branches: readonly Branch[],
    asked: Reward,
  ): Promise<ReadonlyMap<string, Condition>> {
    const rewards = { asked, lowest: lowestReward() };
    const rows = branches.flatMap((branch) =>
      requests.map(({ instruction }) => ({
        text: branch.text ? instruction : '',
        reward: rewards[branch.reward],
      })),
    );
    const feedback = rows.map(({ reward }) => feedbackText(reward));
    const texts = [...rows.map(({ text }) => text), ...feedback];
    const { encoded, pooled } = await encode(texts);
    const { reward } = model.unet;
    const all: Condition = {
      encoder_hidden_states: encoded.slice(0, encoded.length / 2),
      ...(reward && {
        negative_embeds: pooled.slice(pooled.length / 2),
        reward_proj: scoreCondition(
          model.unet,
          reward,
          rows.map((row) => row.reward),
        ),
      }),
    };
    const part = (values: Float32Array, b: number) =>
      values.subarray((b * values.length) / branches.length, ((b + 1) * values.length) / branches.length);
    return new Map(
      branches.map(({ name }, b) => [
        name,
        Object.fromEntries(Object.entries(all).map(([key, values]) => [key, part(values, b)])),
      ]),
    );
  }

  return {
    async edit(requests, settings, { onStep, signal } = {}) {
      const scales = model.unet.reward ? settings : { ...settings, rewardScale: 0 };
      const sampler = SAMPLERS[settings.sampler](createNoiseSchedule(model.scheduler), settings.steps);
      const sources = requests.map(({ picture }) => toPixelSpace(picture, patch));
      const joinedSources = joinArrays(sources);
      const branchesOfSteps = Array.from(sampler.timesteps, (_, step) => branchesAt(scales, step + 1));
      const told = await conditions(requests, eachOnce(branchesOfSteps.flat()), settings.reward);

      /** All that steps with these branches have in common. */
      const prepare = async (branches: readonly Branch[]) => {
        const batch = branches.length * requests.length;
        const denoiser = await compileOnce(`unet ${batch}`, () => {
          const { prediction } = denoisingNetwork(model, { batch, width: space.width, height: space.height });
          return program({ outputs: { prediction } });
        });
        const parts = branches.map(({ name }) => told.get(name)!);
        const fixed = Object.fromEntries(
          Object.keys(parts[0]).map((key) => [key, joinArrays(parts.map((part) => part[key]))]),
        );
        // Each branch that is shown the source predicts a difference to it, so the sum holds their share of it.
        const shown = branches.filter(({ image }) => image).reduce((total, { weight }) => total + weight, 0);
        return { branches, batch, denoiser, fixed, source: joinedSources.map((value) => value * shown) };
      };
      const prepared = new Map<string, ReturnType<typeof prepare>>();
      const prepareOnce = (branches: readonly Branch[]) => {
        const key = branches.map(({ name }) => name).join();
        const known = prepared.get(key) ?? prepare(branches);
        prepared.set(key, known);
        return known;
      };

      // Every picture has noise of its own, the same whatever else is edited beside it.
      const random = requests.map(() => createRandom(settings.seed, 'edit'));
      const noise = () => {
        const values = new Float32Array(length * requests.length);
        random.forEach((stream, i) => stream.fillNormal(values.subarray(i * length, (i + 1) * length)));
        return values;
      };
      let latent: Float32Array = noise().map((value) => value * sampler.initialSigma);
      for (let step = 0; step < sampler.timesteps.length; step++) {
        signal?.throwIfAborted();
        const { branches, batch, denoiser, fixed, source } = await prepareOnce(branchesOfSteps[step]);
        const scaled = sampler.scaleInput(latent, step);
        const sample = joinArrays(
          branches.flatMap(({ image }) =>
            requests.flatMap((_, r) => [
              scaled.subarray(r * length, (r + 1) * length),
              image ? sources[r] : nothing,
              coordinates,
            ]),
          ),
        );
        const timesteps = Array.from({ length: batch }, () => sampler.timesteps[step]);
        const { prediction } = await denoiser.run({
          ...fixed,
          sample,
          time_proj: timestepSinusoids(model.unet, timesteps),
        });
        const outputs = branches.map((_, b) =>
          (prediction as Float32Array).subarray(
            b * length * requests.length,
            (b + 1) * length * requests.length,
          ),
        );
        const guided = combine(outputs, branches);
        latent = sampler.step({
          step,
          output: guided,
          sample: latent,
          source,
          noise: sampler.needsNoise(step) ? noise() : undefined,
        });
        onStep?.(step + 1, sampler.timesteps.length);
      }
      assertFinite(latent);
      return requests.map((_, r) =>
        fromPixelSpace(latent.subarray(r * length, (r + 1) * length), size.width, size.height, patch),
      );
    },
    async dispose() {
      for (const executable of await Promise.all(compiled.values())) await executable.dispose();
      compiled.clear();
    },
  };
}

/** A picture would show what is not a number as black, as if that were the edit. */
function assertFinite(values: Float32Array): void {
  if (values.every(Number.isFinite)) return;
  throw new RewardEditError('failed', 'the edit came out as values that are not numbers', {
    hint: 'Guide less; where that does not help, the weights of the model are damaged.',
  });
}

/** One branch of each name: what it is told does not depend on its weight. */
function eachOnce(branches: readonly Branch[]): Branch[] {
  return [...new Map(branches.map((branch) => [branch.name, branch])).values()];
}
