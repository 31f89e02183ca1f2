import { join } from 'node:path';
import type { Dataset } from '@rewardedit/data';
import { readAnswers } from './answers.ts';
import { preferenceName } from '../protocols/pair-question.ts';
import type { Place } from '../protocols/protocol-file.ts';

/** How far a judge preferred the dataset's own edit in each order: 1 if it chose that edit, 0 if the other one, 0.5 for a tie. */
export type Preference = Readonly<Record<Place, number>>;

/** The answer about a pair. */
export type PairAnswer = {
  readonly id: string;
  /** A hash of the original picture's file; undefined if that could not be read. */
  readonly original: string | undefined;
  /** By what was compared, such as `overall`; only with an answer in both orders. */
  readonly choices: Readonly<Record<string, Preference>>;
};

const SHOWN_FIRST = preferenceName('', 'first');

/** Returns the path of the answers about the pairs of a dataset with another one of that name. */
export function pairsPath({ folder }: Pick<Dataset, 'folder'>, other: string): string {
  return join(folder, `pairs-${other}.jsonl`);
}

/** Reads a journal of answers about pairs. Throws `bad-input` if a line is damaged. */
export async function* readPairs(path: string): AsyncGenerator<PairAnswer> {
  for await (const answer of readAnswers(path)) {
    const measures = 'measures' in answer ? (answer.measures ?? {}) : {};
    const choices = Object.entries(measures).flatMap(([name, first]): [string, Preference][] => {
      if (!name.endsWith(SHOWN_FIRST)) return [];
      const choice = name.slice(0, -SHOWN_FIRST.length);
      const second = measures[preferenceName(choice, 'second')];
      return second === undefined ? [] : [[choice, { first, second }]];
    });
    yield { id: answer.id, original: answer.inputs?.original, choices: Object.fromEntries(choices) };
  }
}
