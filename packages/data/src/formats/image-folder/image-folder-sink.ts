import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openJournalWhenUsed, readJsonLines } from '@rewardedit/core';
import { z } from 'zod';
import { toMetadataRow } from '../../dataset/metadata-row.ts';
import { METADATA_FILE } from '../../dataset/open-dataset.ts';
import { makePictureFolder, writePictureFiles } from '../../dataset/picture-files.ts';
import type { CheckedPicture, CheckedTriplet } from '../rows/checked-triplet.ts';
import { withoutKeysOf } from '../rows/values.ts';
import type { TripletSink } from '../converting/triplet-sink.ts';
import {
  LINES_PER_SYNC,
  QUARANTINE_FILE,
  openWorkFolder,
  type ConversionClaim,
} from '../converting/work-folder.ts';

/** The journal of rewards in a dataset folder, as judges write it. */
export const REWARDS_JOURNAL = 'rewards.jsonl';

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
        await makePictureFolder(work.path, count, count === written.size);
        const names = await writePictureFiles(work.path, count, filesOf(pictures));
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

function filesOf({ original, edited, truth }: CheckedTriplet['pictures']) {
  const file = ({ bytes, format }: CheckedPicture) => ({ bytes, extension: format.extension });
  return {
    original: file(original),
    edited: file(edited),
    ...(truth !== undefined && { truth: file(truth) }),
  };
}
