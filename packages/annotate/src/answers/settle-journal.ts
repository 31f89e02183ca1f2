import { existsSync } from 'node:fs';
import { indexLines, writeFileAtomic, type LineIndex } from '@rewardedit/core';
import { linesThatCount } from './answers.ts';
import { lineChunks } from '../files/line-chunks.ts';

export type SettleOptions = {
  /** The position of the line that each id keeps, as `indexLines` counts; found by `linesThatCount` by default. */
  readonly positions?: ReadonlyMap<string, number>;
  /** Which ids lose their lines. */
  readonly leaveOut?: (id: string) => boolean;
};

/**
 * Puts a journal into its final form: one line for each id, the last that was written by default, in the order of `ids`; lines of other
 * ids follow as they stand. So the journal of a run that was stopped and continued equals, byte for byte, that of one
 * that ran through, in whatever order the answers came.
 */
export async function settleJournal(
  path: string,
  ids: AsyncIterable<string>,
  { leaveOut = () => false, ...options }: SettleOptions = {},
): Promise<void> {
  if (!existsSync(path)) return;
  const positions = options.positions ?? (await linesThatCount(path)).positions;
  const order: number[] = [];
  const inDataset = new Set<string>();
  for await (const id of ids) {
    const position = positions.get(id);
    if (position === undefined || inDataset.has(id)) continue;
    inDataset.add(id);
    if (!leaveOut(id)) order.push(position);
  }
  for (const [id, position] of positions) if (!inDataset.has(id) && !leaveOut(id)) order.push(position);
  const index = await indexLines(path, { inBlocks: true });
  try {
    const settled = order.length === index.count && order.every((position, at) => position === at);
    if (!settled) await writeFileAtomic(path, lineChunks(chosenLines(index, order)));
  } finally {
    await index.close();
  }
}

async function* chosenLines(index: LineIndex, order: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const position of order) yield await index.read(position);
}
