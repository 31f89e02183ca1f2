import { existsSync } from 'node:fs';
import { indexLines, writeFileAtomic, type LineIndex } from '@rewardedit/core';
import { linesThatCount } from './answers.ts';
import { lineChunks } from '../files/line-chunks.ts';

export type SettleOptions = {
  /** The position of the line that each id keeps, as `indexLines` counts; by default those of `linesThatCount`. */
  readonly positions?: ReadonlyMap<string, number>;
  /** The ids whose lines are removed. */
  readonly leaveOut?: (id: string) => boolean;
};

/**
 * Brings a journal into its final form: one line per id, in the order of `ids`, followed by the lines of other ids in their order. So the
 * journal of a run that was stopped and continued equals that of an uninterrupted run, byte for byte, whatever the order of the answers.
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
