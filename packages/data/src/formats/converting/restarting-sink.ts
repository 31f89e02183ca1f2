import { join } from 'node:path';
import { fromSystemError, openJournalWhenUsed } from '@rewardedit/core';
import type { TripletSink } from './triplet-sink.ts';
import {
  LINES_PER_SYNC,
  QUARANTINE_FILE,
  openWorkFolder,
  quarantinePath,
  type ConversionClaim,
  type WorkFolderOptions,
} from './work-folder.ts';

/** Writes triplets in one format. `end` is called once, after the last triplet, or else `abandon`. */
export type TripletWriter = Pick<TripletSink, 'write' | 'refuses'> & {
  end(): Promise<void>;
  abandon?(): Promise<void>;
  notes?(): readonly string[];
};

/**
 * Creates the sink of a format that cannot be resumed: after a stopped call, the next one starts over.
 *
 * @param open receives the folder to write into.
 */
export async function restartingSink(
  target: string,
  claim: ConversionClaim,
  holds: WorkFolderOptions['holds'],
  open: (folder: string) => Promise<TripletWriter>,
): Promise<TripletSink> {
  const work = await openWorkFolder(target, { claim, holds, continues: false });
  const quarantine = openJournalWhenUsed(join(work.path, QUARANTINE_FILE), LINES_PER_SYNC);
  const explain = (error: unknown) => fromSystemError(error, { doing: 'write the dataset', path: work.path });
  let writer: TripletWriter;
  try {
    writer = await open(work.path);
  } catch (error) {
    await work.close();
    throw explain(error);
  }
  let ended = false;
  return {
    before: () => undefined,
    quarantine: quarantinePath(target, holds),
    ...(writer.refuses !== undefined && { refuses: (triplet) => writer.refuses!(triplet) }),
    async write(triplet) {
      try {
        await writer.write(triplet);
      } catch (error) {
        throw explain(error);
      }
    },
    setAside: ({ id, where, unusable }) => quarantine.append({ id, where, reason: unusable }),
    async finish() {
      try {
        ended = true;
        await writer.end();
        await quarantine.close();
      } catch (error) {
        throw explain(error);
      }
      await work.publish();
    },
    async close() {
      if (!ended) {
        await writer.abandon?.();
        await quarantine.close();
      }
      await work.close();
    },
    notes: () => writer.notes?.() ?? [],
  };
}
