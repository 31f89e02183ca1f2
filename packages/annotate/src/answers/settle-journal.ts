import { existsSync } from 'node:fs';
import { indexLines, readJsonLines, writeFileAtomic, type LineIndex } from '@rewardedit/core';
import { z } from 'zod';
import { lineChunks } from '../files/line-chunks.ts';

/**
 * Puts a journal into its final form: one line for each id, the last that was written by default, in the order of `ids`; lines of other
 * ids follow as they stand. So the journal of a run that was stopped and continued equals, byte for byte, that of one
 * that ran through, in whatever order the answers came. Ids in `leaveOut` lose their lines.
 *
 * @param chooseLines gives the position of the line that each id keeps, as `indexLines` counts.
 */
export async function settleJournal(
  path: string,
  ids: AsyncIterable<string>,
  leaveOut: ReadonlySet<string> = new Set(),
  chooseLines: (path: string) => Promise<Map<string, number>> = lastLines,
): Promise<void> {
  if (!existsSync(path)) return;
  const kept = await chooseLines(path);
  for (const id of leaveOut) kept.delete(id);
  const order: number[] = [];
  for await (const id of ids) {
    const position = kept.get(id);
    if (position === undefined) continue;
    order.push(position);
    kept.delete(id);
  }
  for (const position of kept.values()) order.push(position);
  const index = await indexLines(path);
  try {
    const settled = order.length === index.count && order.every((position, at) => position === at);
    if (!settled) await writeFileAtomic(path, lineChunks(chosenLines(index, order)));
  } finally {
    await index.close();
  }
}

/** The position of the last line about each id. */
async function lastLines(path: string): Promise<Map<string, number>> {
  const last = new Map<string, number>();
  const schema = z.looseObject({ id: z.string() });
  for await (const { value, position } of readJsonLines(path, { schema, tornLastLine: 'ignore' }))
    last.set(value.id, position);
  return last;
}

async function* chosenLines(index: LineIndex, order: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const position of order) yield await index.read(position);
}
