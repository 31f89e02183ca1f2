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
 * Reads files of ratings, all of one of two forms, which the first line tells: edits with what humans and a judge say of
 * them, or journals of rewards. Holds numbers and ids in memory, no other text.
 *
 * Throws 'bad-input' naming file and line where a line is damaged, or where no item has a value on both sides of any
 * comparison, and 'usage' where there is no comparison.
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
    throw new RewardEditError('bad-input', `this file is not of the same form as ${paths[0]}`, {
      where: paths[other],
      hint: 'compare journals with journals',
    });
  }
  if (format === 'journal' && paths.length < 2) {
    throw new RewardEditError('usage', 'one journal of rewards has nothing to agree with', {
      where: paths[0],
      hint: 'name the journal of another judge, or of corrections, as well',
    });
  }
  if (format === 'viescore' && options.dataset !== undefined) {
    throw new RewardEditError(
      'usage',
      'a dataset says nothing about this file, whose groups are its editors',
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
    // What is no file, such as a pipe, could not be read from the beginning again.
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
    throw new RewardEditError('bad-input', 'this line has neither uid and editor, nor the id of a triplet', {
      where: `${path}:1`,
      hint: 'name files that have an edit a line with what humans and a judge say of it, or journals such as rewards.jsonl',
    });
  }
  throw new RewardEditError('bad-input', 'there is no line in this file', {
    where: path,
    hint: 'name a file with ratings',
  });
}

function hasColumns(row: unknown, columns: readonly string[]): boolean {
  return typeof row === 'object' && row !== null && columns.every((column) => Object.hasOwn(row, column));
}
