import { stat } from 'node:fs/promises';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { RewardEditError, readJsonLines, type Triplet } from '@rewardedit/core';
import { hasEnding } from './has-ending.ts';
import { indexMetadata, type DatasetIndex } from './dataset-index.ts';
import { insideFolder } from './inside-folder.ts';
import { fromMetadataRow } from './metadata-row.ts';

export const METADATA_FILE = 'metadata.jsonl';

/** A dataset folder on disk, opened for reading. */
export type Dataset = {
  readonly folder: string;
  /** File that the triplets are read from. */
  readonly metadata: string;
  /** Yields all triplets in file order, one line in memory at a time. */
  triplets(): AsyncGenerator<Triplet>;
  /** Random access by position. */
  index(): Promise<DatasetIndex>;
  /** Returns the path of a picture named in a triplet. Throws 'bad-input' for a name that leads out of the folder. */
  resolve(fileName: string): string;
};

/**
 * Opens a dataset: a folder with `metadata.jsonl`, or another `.jsonl` file of the same form, whose picture names are relative to its folder.
 * Throws 'bad-input' if the file does not exist.
 */
export async function openDataset(path: string): Promise<Dataset> {
  const metadata = resolvePath(hasEnding(path, '.jsonl') ? path : join(path, METADATA_FILE));
  const folder = dirname(metadata);
  const found = await stat(metadata).catch(() => undefined);
  if (found?.isFile() !== true) {
    const isFile = (await stat(path).catch(() => undefined))?.isFile() === true;
    const problem = isFile
      ? 'this is a file, not the folder of a dataset'
      : `there is no dataset here: the file ${metadata} is missing`;
    throw new RewardEditError('bad-input', problem, {
      where: path,
      hint: `a dataset is a folder with pictures and a ${METADATA_FILE} that names them; \`rewardedit data convert\` converts other layouts`,
    });
  }
  return {
    folder,
    metadata,
    async *triplets() {
      const lines = readJsonLines(metadata, { tornLastLine: 'ignore' });
      for await (const { value, line } of lines) yield fromMetadataRow(value, `${metadata}:${line}`);
    },
    index: () => indexMetadata(metadata),
    resolve: (fileName) => insideFolder(folder, fileName, metadata),
  };
}
