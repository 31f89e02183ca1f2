import { createRandom, type Random, type Reward } from '@rewardedit/core';
import {
  denoiserValues,
  joinArrays,
  nextIds,
  trainingTarget,
  addNoise,
  type EditModelConfig,
  type NoiseSchedule,
} from '@rewardedit/diffusion';
import type { TensorData } from '@rewardedit/graph';
import { changeWeights } from './change-weights.ts';
import type { TrainConfig } from './config.ts';
import { isContrasted } from './contrast-loss.ts';
import type { PictureEncoder } from './encoded-pictures.ts';
import type { TextSource, TextSample } from './encoded-texts.ts';
import type { Example } from './examples.ts';
import { mirrored } from './mirrored.ts';

export interface BatchMaker {
  readonly model: EditModelConfig;
  readonly schedule: NoiseSchedule;
  readonly config: TrainConfig;
  readonly encoder: PictureEncoder;
  readonly texts: TextSource;
}

/**
 * Makes the inputs of a training step. Everything random about an example (noise, timestep, flip, dropout) comes from a separate random
 * stream, addressed by the seed and the example's position in the run.
 */
export async function makeBatch(
  { model, schedule, config, encoder, texts }: BatchMaker,
  examples: readonly Example[],
  firstPosition: number,
): Promise<Record<string, TensorData>> {
  const noised = await Promise.all(
    examples.map(async (example, i) => {
      const random = createRandom(config.seed, 'example', firstPosition + i);
      const map =
        createRandom(config.seed, 'feature map', firstPosition + i).uniform() >= (config.mapDropout ?? 0);
      const choice = createRandom(config.seed, 'wrong instruction', firstPosition + i);
      return { ...(await noiseExample(example, random, { schedule, config, encoder }, choice)), map };
    }),
  );
  const samples = isContrasted(config) ? [...noised, ...noised.map(withWrongInstruction)] : noised;
  const conditions = await texts.values(samples);
  return {
    ...conditions,
    ...((config.languageWeight ?? 0) > 0 && { next_ids: nextIds(model, conditions) }),
    ...denoiserValues(
      model,
      samples.map((sample) => ({ ...sample, text: sample.instruction !== undefined })),
    ),
    ...(isContrasted(config) && { contrasted: Float32Array.from(noised, ({ wrong }) => (wrong ? 1 : 0)) }),
    noisy: joinArrays(samples.map(({ noisy }) => noisy)),
    source: joinArrays(samples.map(({ condition }) => condition)),
    target: joinArrays(samples.map(({ target }) => target)),
    weight: joinArrays(samples.map(({ weight }) => weight)),
  };
}

/** Returns the example with a wrong instruction, or unchanged if it has none; then it does not count in the contrastive loss. */
function withWrongInstruction<Sample extends Pick<NoisedExample, 'instruction' | 'wrong'>>(
  sample: Sample,
): Sample {
  return { ...sample, instruction: sample.wrong ?? sample.instruction };
}

/** An example with noise, flip and dropout applied. */
interface NoisedExample extends TextSample {
  /** A wrong instruction; undefined if none is known, or the instruction was dropped. */
  readonly wrong: string | undefined;
  readonly reward: Reward | undefined;
  readonly timestep: number;
  /** The noisy edited picture. */
  readonly noisy: Float32Array;
  /** The source picture as the network's condition, or zeros if it was dropped. */
  readonly condition: Float32Array;
  readonly target: Float32Array;
  readonly weight: Float32Array;
}

async function noiseExample(
  { triplet, source, edited, reward, wrong }: Example,
  random: Random,
  { schedule, config, encoder }: Pick<BatchMaker, 'schedule' | 'config' | 'encoder'>,
  choice: Random,
): Promise<NoisedExample> {
  const timestep = random.integer(schedule.alphasCumprod.length);
  const flipped = random.uniform() < 0.5 && config.flips && triplet.flippable === true;
  const dropped = random.uniform();
  const rewarded = random.uniform() >= config.rewardDropout ? reward : undefined;
  const keepsFeedback = random.uniform() >= config.feedbackDropout;

  const [before, after] = [source, edited].map((picture) => (flipped ? mirrored(picture) : picture));
  const [{ mode: from }, learned] = await Promise.all(
    [before, after].map((picture) => encoder.encode(picture)),
  );
  const noise = new Float32Array(from.length);
  random.fillNormal(noise);
  const to = learned.sample(random);
  // InstructPix2Pix, section 3.2.1: no text below 2 d, no source picture between d and 3 d, so neither between d and 2 d.
  const d = config.conditioningDropout;
  const condition = dropped >= d && dropped < 3 * d ? new Float32Array(from.length) : from;
  return {
    picture: before,
    instruction: dropped < 2 * d ? undefined : triplet.instruction,
    wrong: dropped < 2 * d || wrong.length === 0 ? undefined : choice.pick(wrong),
    feedback: keepsFeedback ? rewarded : undefined,
    reward: rewarded,
    timestep,
    noisy: addNoise(schedule, to, noise, timestep),
    condition,
    // Without the source, a network predicts the whole picture rather than a difference to a picture it does not see.
    target: trainingTarget(schedule, { x0: to, noise, timestep, source: condition }),
    weight: changeWeights(from, to, config.changeWeight),
  };
}
