import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromSystemError, makeFolder, openJournalWhenUsed, readJsonLines } from '@rewardedit/core';
import { z } from 'zod';
import { toMetadataRow } from '../../dataset/metadata-row.ts';
import { METADATA_FILE } from '../../dataset/open-dataset.ts';
import type { CheckedPicture, CheckedTriplet } from '../rows/checked-triplet.ts';
import type { TripletSink } from '../converting/triplet-sink.ts';
import {
  LINES_PER_SYNC,
  QUARANTINE_FILE,
  openWorkFolder,
  type ConversionClaim,
} from '../converting/work-folder.ts';

/** The journal of rewards in a dataset folder, as judges write it. */
export const REWARDS_JOURNAL = 'rewards.jsonl';

/** At three pictures each, 250 triplets stay under 1000 files per folder. */
const TRIPLETS_PER_FOLDER = 250;

/**
 * Writes a dataset folder, which is also an ImageFolder of Hugging Face: `metadata.jsonl`, pictures byte for byte below `pictures/`, and the
 * rewards in `rewards.jsonl`. A triplet's line is written after its pictures, so a stopped or killed call can be resumed.
 */
export async function createImageFolder(target: string, claim: ConversionClaim): Promise<TripletSink> {
  const work = await openWorkFolder(target, { claim, holds: 'folder', continues: true });
  const file = (name: string) => join(work.path, name);
  const [metadata, rewards, quarantine] = [METADATA_FILE, REWARDS_JOURNAL, QUARANTINE_FILE].map((name) =>
    openJournalWhenUsed(file(name), LINES_PER_SYNC),
  );
  const close = async () => {
    for (const journal of [rewards, metadata, quarantine]) await journal.close();
  };
  try {
    const written = await idsIn(file(METADATA_FILE));
    const rewarded = await idsIn(file(REWARDS_JOURNAL));
    const setAside = await idsIn(file(QUARANTINE_FILE));
    let count = written.size;
    return {
      before: (id) => (written.has(id) ? 'written' : setAside.has(id) ? 'setAside' : undefined),
      quarantine: join(target, QUARANTINE_FILE),
      async write({ record, extra, pictures }) {
        if (count === written.size || count % TRIPLETS_PER_FOLDER === 0) {
          await makeFolder(file(subfolderOf(count)));
        }
        const names = await writePictures(work.path, count, pictures);
        const { reward, ...rest } = record;
        const row = toMetadataRow({ ...rest, ...names });
        if (reward !== undefined && !rewarded.has(record.id)) await rewards.append({ id: record.id, reward });
        await metadata.append({ ...row, ...withoutKeysOf(row, extra) });
        count += 1;
      },
      setAside: ({ id, where, unusable }) => quarantine.append({ id, where, reason: unusable }),
      async finish() {
        // Without a line, the journal did not create the file.
        if (count === 0) await writeFile(file(METADATA_FILE), '');
        await close();
        await work.publish();
      },
      async close() {
        await close();
        await work.close();
      },
      notes: () => [],
    };
  } catch (error) {
    await work.close();
    throw error;
  }
}

const idSchema = z.object({ id: z.string() });

async function idsIn(path: string): Promise<Set<string>> {
  const ids = new Set<string>();
  if (!existsSync(path)) return ids;
  const lines = readJsonLines(path, { schema: idSchema, tornLastLine: 'ignore' });
  for await (const { value } of lines) ids.add(value.id);
  return ids;
}

function withoutKeysOf(row: object, extra: CheckedTriplet['extra']): object {
  return Object.fromEntries(Object.entries(extra).filter(([name]) => !Object.hasOwn(row, name)));
}

function subfolderOf(index: number): string {
  return `pictures/${String(Math.floor(index / TRIPLETS_PER_FOLDER)).padStart(3, '0')}`;
}

/** Files are named after the triplet's number, because ids come from elsewhere and may be anything. */
async function writePictures(
  folder: string,
  index: number,
  { original, edited, truth }: CheckedTriplet['pictures'],
): Promise<{ original: string; edited: string; truth?: string }> {
  const write = async (role: string, { bytes, format }: CheckedPicture) => {
    const fileName = `${subfolderOf(index)}/${String(index).padStart(6, '0')}-${role}${format.extension}`;
    const path = join(folder, fileName);
    try {
      await writeFile(path, bytes);
    } catch (error) {
      throw fromSystemError(error, { doing: 'write the picture', path });
    }
    return fileName;
  };
  const [originalName, editedName, truthName] = await Promise.all([
    write('original', original),
    write('edited', edited),
    truth && write('truth', truth),
  ]);
  return {
    original: originalName,
    edited: editedName,
    ...(truthName !== undefined && { truth: truthName }),
  };
}
