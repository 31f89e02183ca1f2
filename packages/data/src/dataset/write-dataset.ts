import { join } from 'node:path';
import {
  RewardEditError,
  lockFile,
  makeFolder,
  openJournal,
  type Emit,
  type Triplet,
} from '@rewardedit/core';
import { encodePng } from '../pictures/encode-png.ts';
import type { Picture } from '../pictures/picture.ts';
import { indexMetadata } from './dataset-index.ts';
import { SETTINGS_FILE, claimDatasetFolder, type DatasetSettings } from './dataset-settings.ts';
import type { MadeTriplet } from './made-triplet.ts';
import { toMetadataRow } from './metadata-row.ts';
import { METADATA_FILE } from './open-dataset.ts';
import { makePictureFolder, writePictureFiles } from './picture-files.ts';

/** Options of every command that makes a dataset. */
export type WriteOptions = {
  readonly folder: string;
  readonly count: number;
  /** Receives the number of triplets in the folder. */
  readonly emit?: Emit;
  /** Stops with an 'interrupted' error after the triplets in flight; the same call resumes later. */
  readonly signal?: AbortSignal;
};

export type WriteDatasetOptions = WriteOptions & {
  /** Maker of the triplets and every setting they depend on, for `dataset.json`. */
  readonly maker: string;
  readonly settings: DatasetSettings;
  /** Makes triplets number `from`, `from + 1`, ... up to the last; each may depend only on its number. */
  readonly triplets: (from: number) => AsyncIterable<MadeTriplet> | Iterable<MadeTriplet>;
};

/** Number of triplets that are encoded and written at once. */
const BATCH = 32;

/**
 * Writes a dataset folder: pictures below `pictures/`, and a line of `metadata.jsonl` for each triplet after all its pictures. A process
 * killed at any moment therefore leaves a valid, shorter dataset, and the same call resumes it: the folder ends with the same bytes as one
 * that was never interrupted. Resolves to the number of triplets that this call wrote.
 *
 * Throws 'bad-input' if the folder holds something else, 'failed' while another process writes it, 'interrupted' once `signal` is aborted.
 */
export async function writeDataset(options: WriteDatasetOptions): Promise<{ written: number }> {
  await makeFolder(options.folder);
  const unlock = await lockFile(join(options.folder, SETTINGS_FILE));
  try {
    await claimDatasetFolder(options.folder, options);
    return await writeTriplets(options);
  } finally {
    await unlock();
  }
}

async function writeTriplets(options: WriteDatasetOptions): Promise<{ written: number }> {
  const { folder, count, emit, signal } = options;
  const metadata = join(folder, METADATA_FILE);
  const journal = await openJournal(metadata);
  try {
    const first = await countLines(metadata);
    let done = first;
    const tell = () => emit?.({ type: 'progress', done, total: count, before: first });
    tell();
    const batch: Promise<Triplet>[] = [];
    const finishBatch = async () => {
      const triplets = await Promise.all(batch);
      await Promise.all(triplets.map((triplet) => journal.append(toMetadataRow(triplet))));
      done += batch.length;
      batch.length = 0;
      tell();
    };
    const made = first < count ? options.triplets(first) : [];
    for await (const triplet of made) {
      const index = done + batch.length;
      await makePictureFolder(folder, index, index === first);
      const written = writeTriplet(folder, index, triplet);
      // Handled when the batch is awaited. Until then, a failure must not end the process.
      written.catch(() => undefined);
      batch.push(written);
      const stop = signal?.aborted === true;
      if (stop || batch.length === BATCH || done + batch.length === count) await finishBatch();
      if (done === count) break;
      if (stop) {
        throw new RewardEditError('interrupted', `stopped after ${done} of ${count} triplets`, {
          where: folder,
          hint: 'the same command continues from there',
        });
      }
    }
    if (batch.length > 0) await finishBatch();
    if (done < count) {
      throw new RewardEditError('failed', `only ${done} of ${count} triplets were made`, { where: folder });
    }
    return { written: done - first };
  } finally {
    await journal.close();
  }
}

async function countLines(metadata: string): Promise<number> {
  const index = await indexMetadata(metadata);
  await index.close();
  return index.count;
}

async function writeTriplet(
  folder: string,
  index: number,
  { triplet, pictures: { original, edited, truth } }: MadeTriplet,
): Promise<Triplet> {
  const png = (picture: Picture) => ({ bytes: encodePng(picture), extension: '.png' });
  const files = { original: png(original), edited: png(edited), truth: png(truth) };
  return { ...triplet, ...(await writePictureFiles(folder, index, files)) };
}
