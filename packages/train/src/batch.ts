import { createRandom, type Random, type Reward } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import {
  denoiserValues,
  joinArrays,
  trainingTarget,
  addNoise,
  type EditModelConfig,
  type NoiseSchedule,
} from '@rewardedit/diffusion';
import type { TensorData } from '@rewardedit/graph';
import { changeWeights } from './change-weights.ts';
import type { TrainConfig } from './config.ts';
import type { PictureEncoder } from './encoded-pictures.ts';
import type { TextSource, ToldSample } from './encoded-texts.ts';
import type { Example } from './examples.ts';

export interface BatchMaker {
  readonly model: EditModelConfig;
  readonly schedule: NoiseSchedule;
  readonly config: TrainConfig;
  readonly encoder: PictureEncoder;
  readonly texts: TextSource;
}

/**
 * The inputs of one training step. Everything that is drawn for an example (noise, timestep, flip, what is dropped) comes from
 * a random stream of its own, addressed by the seed and the example's position in the run.
 */
export async function makeBatch(
  { model, schedule, config, encoder, texts }: BatchMaker,
  examples: readonly Example[],
  firstPosition: number,
): Promise<Record<string, TensorData>> {
  const noised = await Promise.all(
    examples.map(async (example, i) => {
      const random = createRandom(config.seed, 'example', firstPosition + i);
      const ownMap =
        createRandom(config.seed, 'feature map', firstPosition + i).uniform() >= (config.mapDropout ?? 0);
      return { ...(await noiseExample(example, random, { schedule, config, encoder })), ownMap };
    }),
  );
  return {
    ...(await texts.values(noised)),
    ...denoiserValues(
      model,
      noised.map((sample) => ({ ...sample, mapped: isMapped(model, sample) })),
    ),
    noisy: joinArrays(noised.map(({ noisy }) => noisy)),
    source: joinArrays(noised.map(({ condition }) => condition)),
    target: joinArrays(noised.map(({ target }) => target)),
    weight: joinArrays(noised.map(({ weight }) => weight)),
  };
}

/** Whether a sample is given its feature map: as in guidance, where it is left out with the instruction if the model says so. */
function isMapped(
  { smartEdit }: EditModelConfig,
  { ownMap, instruction }: Pick<NoisedExample, 'instruction'> & { readonly ownMap: boolean },
): boolean {
  return ownMap && (instruction !== undefined || smartEdit?.map_without_text === true);
}

/** An example as it is shown once: what is dropped of it is not there. */
interface NoisedExample extends ToldSample {
  readonly reward: Reward | undefined;
  readonly timestep: number;
  /** The edited picture with noise. */
  readonly noisy: Float32Array;
  /** The source picture as a condition, or zeros where it is dropped. */
  readonly condition: Float32Array;
  readonly target: Float32Array;
  readonly weight: Float32Array;
}

async function noiseExample(
  { triplet, source, edited, reward }: Example,
  random: Random,
  { schedule, config, encoder }: Pick<BatchMaker, 'schedule' | 'config' | 'encoder'>,
): Promise<NoisedExample> {
  const timestep = random.integer(schedule.alphasCumprod.length);
  const flipped = random.uniform() < 0.5 && config.flips && triplet.flippable === true;
  const dropped = random.uniform();
  const rewarded = random.uniform() >= config.rewardDropout ? reward : undefined;
  const told = random.uniform() >= config.feedbackDropout;

  const [before, after] = [source, edited].map((picture) => (flipped ? mirrored(picture) : picture));
  const [{ mode: from }, learned] = await Promise.all(
    [before, after].map((picture) => encoder.encode(picture)),
  );
  const noise = new Float32Array(from.length);
  random.fillNormal(noise);
  const to = learned.sample(random);
  // InstructPix2Pix, section 3.2.1: no text for the first 2 d, no picture from d to 3 d, so that d has neither.
  const d = config.conditioningDropout;
  const condition = dropped >= d && dropped < 3 * d ? new Float32Array(from.length) : from;
  return {
    picture: before,
    instruction: dropped < 2 * d ? undefined : triplet.instruction,
    feedback: told ? rewarded : undefined,
    reward: rewarded,
    timestep,
    noisy: addNoise(schedule, to, noise, timestep),
    condition,
    // A network that is not shown the source predicts the whole picture, not a difference to what it cannot know.
    target: trainingTarget(schedule, { x0: to, noise, timestep, source: condition }),
    weight: changeWeights(from, to, config.changeWeight),
  };
}

function mirrored({ width, height, data }: Picture): Picture {
  const flipped = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let colour = 0; colour < 3; colour++) {
        flipped[(y * width + x) * 3 + colour] = data[(y * width + width - 1 - x) * 3 + colour];
      }
  return { width, height, data: flipped };
}
