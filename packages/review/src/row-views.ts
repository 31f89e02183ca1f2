import type { Correction } from '@rewardedit/annotate';
import { PERSPECTIVES, type Perspective } from '@rewardedit/core';
import type { CorrectionShown, RowDetails, RowSummary } from './protocol.ts';
import type { RowFiles } from './row-files.ts';
import type { RowTable } from './row-table.ts';

/** The list truncates ids and instructions to this many characters. */
const SUMMARY_LETTERS = 300;

/** A row in the list. */
export async function rowSummary(
  row: number,
  table: RowTable,
  files: Pick<RowFiles, 'triplet'>,
): Promise<RowSummary> {
  const { id, instruction } = await files.triplet(row);
  const scores: Partial<Record<Perspective, number>> = {};
  for (const name of PERSPECTIVES) {
    const score = table.scores[name][row];
    if (!Number.isNaN(score)) scores[name] = score;
  }
  const overall = table.overall[row];
  return {
    position: row,
    id: id.slice(0, SUMMARY_LETTERS),
    instruction: instruction.slice(0, SUMMARY_LETTERS),
    scores,
    ...(!Number.isNaN(overall) && { overall }),
    isCorrected: table.isCorrected[row] === 1,
    isSetAside: table.isSetAside[row] === 1,
  };
}

/** All details of a row. */
export async function rowDetails(
  row: number,
  files: RowFiles,
  correction: Correction | undefined,
): Promise<RowDetails> {
  const [triplet, answer, setAside] = await Promise.all([
    files.triplet(row),
    files.answer(row),
    files.setAside(row),
  ]);
  const { id, instruction, kind, description, original, edited, truth } = triplet;
  const { reward: judged = triplet.reward, measures = {} } =
    answer !== undefined && 'reward' in answer ? answer : {};
  return {
    position: row,
    id,
    instruction,
    ...(kind !== undefined && { kind }),
    ...(description !== undefined && { description }),
    pictures: { original, edited, ...(truth !== undefined && { truth }) },
    ...(judged !== undefined && { judged }),
    ...(answer?.missing !== undefined && { missing: answer.missing }),
    measures: Object.entries(measures),
    ...(setAside !== undefined && { setAside: { reason: setAside.reason, replies: setAside.replies ?? [] } }),
    ...correctionShown(correction),
  };
}

/** A person's correction, as part of a response. */
export function correctionShown(correction: Correction | undefined): {
  readonly correction?: CorrectionShown;
} {
  if (correction === undefined) return {};
  const { scores, feedback } = correction.reward;
  return { correction: { scores, feedback, time: correction.time } };
}
