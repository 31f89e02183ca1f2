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

/** What a run finds in its dataset before it begins. */
export interface Survey {
  /** Where the triplets that are trained on stand in the dataset. */
  readonly positions: readonly number[];
  /** How many are left out, by the name of their split. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** Of those that are trained on, in the order of the dataset. */
  readonly record: readonly TripletRecord[];
  /** Each text once, with the number of triplets that have it. */
  readonly instructions: ReadonlyMap<string, number>;
  readonly feedback: ReadonlyMap<string, number>;
  /** The same of what is said of each perspective by itself. */
  readonly perspectiveFeedback: ReadonlyMap<string, number>;
  /** Triplets that have a reward. */
  readonly rewarded: number;
  /** Triplets that are trained on with another instruction than the given one. */
  readonly rectified: number;
  /** Wrong instructions, each once. */
  readonly wrong: ReadonlySet<string>;
}

/**
 * Pictures are hashed where all of them together have up to so many bytes, which takes a few seconds; of larger datasets only the
 * files' sizes are noted.
 */
const HASHED_BYTES = 2 ** 30;
/** Files that are looked at side by side. */
const AT_ONCE = 16;

/**
 * Goes through a dataset once.
 *
 * @param rewards by id of the triplet; they come before a reward in the metadata.
 * @param split trains on this split only; unless it is given, on all but those whose name says that they measure what was learned.
 * @param rewrites other instructions by id, of which `rectify` takes those that say what pairs really show.
 * @param recordsRewards whether rewards are part of what the run learns from, and so of the record.
 * @throws RewardEditError 'bad-input' at a picture that is missing, and where no triplet is left to train on.
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
      ? `all triplets are of splits that measure what was learned: ${names}`
      : `no triplet is of the split ${split}; the splits are ${names}`;
  throw new RewardEditError('bad-input', message, {
    where,
    hint: `to train on one of them all the same, name it: --split ${[...leftOut.keys()][0]}`,
  });
}

/** Says which triplets are not trained on; undefined where all are. */
export function leftOutSplits({ leftOut }: Pick<Survey, 'leftOut'>): string | undefined {
  if (leftOut.size === 0) return undefined;
  const counts = [...leftOut].map(([split, triplets]) => `${triplets} of the split ${split}`);
  return `not trained on: ${counts.join(', ')}`;
}

function count(texts: Map<string, number>, text: string): void {
  texts.set(text, (texts.get(text) ?? 0) + 1);
}

/** Of what the network is given: the scores, and the feedback as one text. */
function rewardHash(reward: Reward): string {
  const { following, preserving, quality } = reward.scores;
  return shortHash(JSON.stringify([following, preserving, quality, feedbackText(reward)]));
}

/** Throws 'bad-input' where other instructions are to be trained with, and there are none. */
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

/** What `look` gives for each path, several side by side. */
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

/** Texts that are longer than what the model reads of them, in words; undefined where there are none. */
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
    : `texts are cut, and the model never sees their ends: ${cut.join('; ')}`;
}

function cutOf(
  what: string,
  texts: ReadonlyMap<string, number>,
  tokenizer: Tokenizer,
  limit: number,
): string[] {
  let [cut, all, longest] = [0, 0, 0];
  for (const [text, triplets] of texts) {
    // Start and end take a place each.
    const length = tokenizer.tokenize(text).length + 2;
    all += triplets;
    longest = Math.max(longest, length);
    if (length > limit) cut += triplets;
  }
  return cut === 0 ? [] : [`${cut} of ${all} ${what} have more than ${limit} tokens, up to ${longest}`];
}

/**
 * @throws RewardEditError 'bad-input' where a stage 2 has no rewards to be told.
 */
export function assertRewarded({ rewarded }: Survey, stage: 1 | 2, where: string): void {
  if (stage === 1 || rewarded > 0) return;
  throw new RewardEditError('bad-input', 'stage 2 trains with rewards, and the dataset has none', {
    where,
    hint: 'Score the dataset with `rewardedit annotate`, or train stage 1.',
  });
}
