import { stat } from 'node:fs/promises';
import { RewardEditError, fromSystemError, readJsonLines } from '@rewardedit/core';
import type { Ratings, ReadRatingsOptions } from './ratings.ts';
import { readRewardJournals } from './reward-journals.ts';
import { bothRated } from './select.ts';
import { readViescore } from './viescore.ts';

const FORMATS = {
  viescore: { columns: ['uid', 'editor'], read: readViescore },
  journal: { columns: ['id'], read: readRewardJournals },
} as const;

type Format = keyof typeof FORMATS;

/**
 * Reads files of ratings, all in one of two forms, detected from the first line: edits with ratings of people and a judge, or
 * journals of rewards. Keeps only numbers and ids in memory.
 *
 * Throws 'bad-input' naming file and line if a line is damaged, or if no item has a value on both sides of any comparison, and
 * 'usage' if there is nothing to compare.
 */
export async function readRatings(
  paths: readonly string[],
  options: ReadRatingsOptions = {},
): Promise<Ratings> {
  const formats: Format[] = [];
  for (const path of paths) formats.push(await formatOf(path));
  const [format] = formats;
  const other = formats.findIndex((each) => each !== format);
  if (other > 0) {
    throw new RewardEditError('bad-input', `this file does not have the same form as ${paths[0]}`, {
      where: paths[other],
      hint: 'compare journals with journals',
    });
  }
  if (format === 'journal' && paths.length < 2) {
    throw new RewardEditError('usage', 'a single journal of rewards has nothing to be compared with', {
      where: paths[0],
      hint: 'also name the journal of another judge, or corrections',
    });
  }
  if (format === 'viescore' && options.dataset !== undefined) {
    throw new RewardEditError(
      'usage',
      '--dataset does not apply to this file, whose groups are its editors',
      {
        where: paths[0],
        hint: 'leave out --dataset',
      },
    );
  }
  const ratings = await FORMATS[format].read(paths, options);
  if (!hasCommonItem(ratings)) {
    throw new RewardEditError('bad-input', 'no item has a value on both sides', {
      where: paths.join(', '),
      hint: 'name files about the same edits, with values from the same perspectives',
    });
  }
  return ratings;
}

function hasCommonItem({ comparisons, perspectives }: Ratings): boolean {
  return comparisons.some(({ judge, reference }) =>
    perspectives.some((name) => bothRated(reference.values(name), judge.values(name)).length > 0),
  );
}

async function formatOf(path: string): Promise<Format> {
  try {
    // Anything but a file, such as a pipe, cannot be read twice.
    if (!(await stat(path)).isFile()) {
      throw new RewardEditError('bad-input', 'this is not a file', {
        where: path,
        hint: 'name a .jsonl file',
      });
    }
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the ratings', path });
  }
  for await (const { value } of readJsonLines(path, { tornLastLine: 'ignore' })) {
    const names = Object.keys(FORMATS) as Format[];
    const format = names.find((name) => hasColumns(value, FORMATS[name].columns));
    if (format !== undefined) return format;
    throw new RewardEditError('bad-input', 'this line has neither uid and editor nor the id of a triplet', {
      where: `${path}:1`,
      hint: 'name files with an edit and its ratings a line, or journals such as rewards.jsonl',
    });
  }
  throw new RewardEditError('bad-input', 'this file is empty', {
    where: path,
    hint: 'name a file with ratings',
  });
}

function hasColumns(row: unknown, columns: readonly string[]): boolean {
  return typeof row === 'object' && row !== null && columns.every((column) => Object.hasOwn(row, column));
}
