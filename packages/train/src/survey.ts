import { stat } from 'node:fs/promises';
import { rectified, rewardOf } from '@rewardedit/annotate';
import {
  RewardEditError,
  fingerprintOf,
  fromSystemError,
  type Reward,
  type Rewrites,
} from '@rewardedit/core';
import { isHeldOut, type Dataset } from '@rewardedit/data';
import { feedbackText } from '@rewardedit/diffusion';
import type { Tokenizer } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import { isContrasted } from './contrast-loss.ts';
import { shortHash, type PictureRecord, type TripletRecord } from './dataset-record.ts';

/** Facts about a dataset, collected before training. */
export interface Survey {
  /** Positions in the dataset of the triplets to train on. */
  readonly positions: readonly number[];
  /** Number of triplets left out, by split. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** Records of the triplets to train on, in the order of the dataset. */
  readonly record: readonly TripletRecord[];
  /** Distinct texts, with the number of triplets for each. */
  readonly instructions: ReadonlyMap<string, number>;
  readonly feedback: ReadonlyMap<string, number>;
  /** The same for the feedback of single perspectives. */
  readonly perspectiveFeedback: ReadonlyMap<string, number>;
  /** Number of triplets with a reward. */
  readonly rewarded: number;
  /** Number of triplets with a rectified instruction. */
  readonly rectified: number;
  /** Distinct wrong instructions. */
  readonly wrong: ReadonlySet<string>;
}

/** Pictures are hashed up to this total size in bytes, which takes a few seconds; of larger datasets only file sizes are recorded. */
const HASHED_BYTES = 2 ** 30;
/** Number of files read concurrently. */
const AT_ONCE = 16;

/**
 * Surveys a dataset in one pass.
 *
 * @param rewards by triplet id; they take precedence over a reward in the metadata.
 * @param split trains on this split only; by default on all except test and validation splits.
 * @param rewrites other instructions by id; `rectify` uses those that describe what a pair really shows.
 * @param recordsRewards whether the run is trained with rewards, so that they are part of the record.
 * @throws RewardEditError 'bad-input' if a picture is missing, or there is no triplet to train on.
 */
export async function surveyDataset(
  dataset: Dataset,
  rewards: ReadonlyMap<string, Reward>,
  {
    recordsRewards,
    split,
    rewrites,
    rectify,
  }: {
    recordsRewards: boolean;
    split: string | undefined;
    rewrites: ReadonlyMap<string, Rewrites>;
    rectify: boolean;
  },
): Promise<Survey> {
  const [instructions, feedback, perspectiveFeedback] = [0, 1, 2].map(() => new Map<string, number>());
  const rows: (Omit<TripletRecord, 'original' | 'edited'> & { original: string; edited: string })[] = [];
  let [rewarded, changed] = [0, 0];
  const wrong = new Set<string>();
  const positions: number[] = [];
  const leftOut = new Map<string, number>();
  let position = -1;
  for await (const given of dataset.triplets()) {
    position += 1;
    const triplet = rectify ? rectified(given, rewrites) : given;
    const isTrained = split === undefined ? !isHeldOut(triplet.split) : triplet.split === split;
    if (!isTrained) {
      count(leftOut, triplet.split ?? 'none');
      continue;
    }
    positions.push(position);
    const reward = rewardOf(triplet, rewards);
    if (triplet !== given) changed += 1;
    const others = rewrites.get(triplet.id)?.wrong ?? [];
    for (const text of others) wrong.add(text);
    count(instructions, triplet.instruction);
    if (reward) {
      rewarded += 1;
      count(feedback, feedbackText(reward));
      for (const text of Object.values(reward.feedback)) count(perspectiveFeedback, text);
    }
    rows.push({
      id: triplet.id,
      instruction: shortHash([triplet.instruction, ...others].join('\n')),
      ...(reward && recordsRewards && { reward: rewardHash(reward) }),
      ...(triplet.flippable === true && { flippable: true }),
      original: dataset.resolve(triplet.original),
      edited: dataset.resolve(triplet.edited),
    });
  }
  assertTrained(positions, leftOut, { split, where: dataset.metadata });
  const pictures = await pictureRecords(new Set(rows.flatMap(({ original, edited }) => [original, edited])));
  const record = rows.map(({ original, edited, ...row }) => ({
    ...row,
    original: pictures.get(original)!,
    edited: pictures.get(edited)!,
  }));
  return {
    ...{ positions, leftOut, record, instructions, feedback, perspectiveFeedback },
    ...{ rewarded, rectified: changed, wrong },
  };
}

function assertTrained(
  positions: readonly number[],
  leftOut: ReadonlyMap<string, number>,
  { split, where }: { split: string | undefined; where: string },
): void {
  if (positions.length > 0 || leftOut.size === 0) return;
  const names = [...leftOut.keys()].join(', ');
  const message =
    split === undefined
      ? `all triplets are in splits for evaluation: ${names}`
      : `there are no triplets in the split ${split}; the splits are ${names}`;
  throw new RewardEditError('bad-input', message, {
    where,
    hint: `to train on one of them, name it: --split ${[...leftOut.keys()][0]}`,
  });
}

/** Describes the triplets that are left out; undefined if there are none. */
export function leftOutSplits({ leftOut }: Pick<Survey, 'leftOut'>): string | undefined {
  if (leftOut.size === 0) return undefined;
  const counts = [...leftOut].map(([split, triplets]) => `${triplets} in the split ${split}`);
  return `not trained on: ${counts.join(', ')}`;
}

function count(texts: Map<string, number>, text: string): void {
  texts.set(text, (texts.get(text) ?? 0) + 1);
}

/** Hashes what conditions the network: the scores, and the feedback as one text. */
function rewardHash(reward: Reward): string {
  const { following, preserving, quality } = reward.scores;
  return shortHash(JSON.stringify([following, preserving, quality, feedbackText(reward)]));
}

/** Throws 'bad-input' if the config needs rewritten instructions and there are none. */
export function assertRewritten(
  { rectified: changed, wrong }: Pick<Survey, 'rectified' | 'wrong'>,
  config: Pick<TrainConfig, 'instructions' | 'contrastWeight'>,
  where: string,
): void {
  const isRectified = config.instructions === 'rectified' && changed === 0;
  if (!isRectified && !(isContrasted(config) && wrong.size === 0)) return;
  throw new RewardEditError('bad-input', `there are no ${isRectified ? 'rectified' : 'wrong'} instructions`, {
    where,
    hint: `ask for them first: \`rewardedit annotate DATASET ${isRectified ? '--rectify' : '--contrast 2'}\``,
  });
}

async function pictureRecords(paths: ReadonlySet<string>): Promise<ReadonlyMap<string, PictureRecord>> {
  const sizes = await forEach(paths, async (path): Promise<PictureRecord> => [(await stat(path)).size]);
  const total = [...sizes.values()].reduce((sum, [bytes]) => sum + bytes, 0);
  if (total > HASHED_BYTES) return sizes;
  return forEach(paths, async (path): Promise<PictureRecord> => {
    const { bytes, sha256 } = await fingerprintOf(path);
    return [bytes, sha256.slice(0, 16)];
  });
}

/** Maps paths with limited concurrency. */
async function forEach<Found>(
  paths: ReadonlySet<string>,
  look: (path: string) => Promise<Found>,
): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  const waiting = paths.values();
  const worker = async () => {
    for (const path of waiting)
      found.set(
        path,
        await look(path).catch((error: unknown) => {
          throw fromSystemError(error, { doing: 'read the picture', path });
        }),
      );
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

/** Describes the texts that the model truncates; undefined if there are none. */
export function cutTexts(
  { instructions, feedback }: Pick<Survey, 'instructions' | 'feedback'>,
  tokenizer: Tokenizer,
  tokens: { readonly instruction: number; readonly feedback: number },
): string | undefined {
  const cut = [
    cutOf('instructions', instructions, tokenizer, tokens.instruction),
    cutOf('feedback texts', feedback, tokenizer, tokens.feedback),
  ].flat();
  return cut.length === 0
    ? undefined
    : `texts are truncated, and the model does not see their ends: ${cut.join('; ')}`;
}

function cutOf(
  what: string,
  texts: ReadonlyMap<string, number>,
  tokenizer: Tokenizer,
  limit: number,
): string[] {
  let [cut, all, longest] = [0, 0, 0];
  for (const [text, triplets] of texts) {
    // Plus start and end.
    const length = tokenizer.tokenize(text).length + 2;
    all += triplets;
    longest = Math.max(longest, length);
    if (length > limit) cut += triplets;
  }
  return cut === 0 ? [] : [`${cut} of ${all} ${what} have more than ${limit} tokens, up to ${longest}`];
}

/** @throws RewardEditError 'bad-input' for stage 2 without rewards. */
export function assertRewarded({ rewarded }: Survey, stage: 1 | 2, where: string): void {
  if (stage === 1 || rewarded > 0) return;
  throw new RewardEditError('bad-input', 'stage 2 trains with rewards, but the dataset has none', {
    where,
    hint: 'Score the dataset with `rewardedit annotate`, or train stage 1.',
  });
}
