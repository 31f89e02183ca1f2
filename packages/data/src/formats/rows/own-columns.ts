import { PERSPECTIVES, parseJson } from '@rewardedit/core';
import type { ExtraValue } from './source-triplet.ts';
import { present, scalarsOf } from './values.ts';

/** Tables have the reward in flat columns: `score_following`, `feedback_following`, ..., `judge`. */
export const scoreColumn = (perspective: string) => `score_${perspective}`;
export const feedbackColumn = (perspective: string) => `feedback_${perspective}`;

/** Columns of our own, in any format. */
export const OWN_COLUMNS: readonly string[] = [
  ...['id', 'kind', 'split', 'description', 'faults', 'rewrites', 'flippable', 'reward', 'judge', 'extra'],
  ...PERSPECTIVES.flatMap((name) => [scoreColumn(name), feedbackColumn(name)]),
];

type OwnFields = { readonly extra: Record<string, ExtraValue>; readonly fields: Record<string, unknown> };

/** Reads our own columns, apart from those every dataset has. Tables hold some of them as JSON; `unusable` names one that is not. */
export function ownFields(cell: (column: string) => unknown): OwnFields | { unusable: string } {
  let broken: string | undefined;
  const json = (column: string): unknown => {
    const value = cell(column);
    if (typeof value !== 'string') return value;
    try {
      return parseJson(value);
    } catch {
      broken = column;
      return undefined;
    }
  };
  const eachPerspective = (column: (perspective: string) => string) =>
    present(Object.fromEntries(PERSPECTIVES.map((name) => [name, cell(column(name))])));
  const extra = json('extra');
  const [scores, feedback] = [eachPerspective(scoreColumn), eachPerspective(feedbackColumn)];
  const isFlat = Object.keys(scores).length + Object.keys(feedback).length > 0;
  const reward = isFlat ? present({ scores, feedback, judge: json('judge') }) : json('reward');
  const fields = {
    faults: json('faults'),
    rewrites: withoutNulls(json('rewrites')),
    flippable: cell('flippable'),
    reward: withoutNulls(reward),
  };
  if (broken !== undefined) return { unusable: `the column ${broken} is not valid JSON` };
  return {
    fields: present(fields),
    extra: typeof extra === 'object' && extra !== null ? scalarsOf(extra) : {},
  };
}

/** Drops the nulls that Hugging Face fills structs up with. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner)]])),
  );
}
