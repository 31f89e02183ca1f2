import { RewardEditError, readJsonLines, type Triplet } from '@rewardedit/core';
import { fromMetadataRow } from '../dataset/metadata-row.ts';
import type { Dataset } from '../dataset/open-dataset.ts';
import { readPictureFile } from '../formats/pictures/picture-bytes.ts';

/** A line of a dataset, as JSON and as a triplet. */
export type DatasetRow = { readonly line: unknown; readonly triplet: Triplet };

/** A triplet that cannot be processed, and the reason. */
export type SetAside = { readonly id: string; readonly reason: string };

/** Yields all lines of a dataset, one in memory at a time. Throws 'bad-input' at an invalid line. */
export async function* datasetRows(dataset: Pick<Dataset, 'metadata'>): AsyncGenerator<DatasetRow> {
  for await (const { value, line } of readJsonLines(dataset.metadata, { tornLastLine: 'ignore' })) {
    yield { line: value, triplet: fromMetadataRow(value, `${dataset.metadata}:${line}`) };
  }
}

/** Reads a picture that is named in a triplet. Throws 'bad-input' if it cannot be read. */
export function pictureBytes(dataset: Pick<Dataset, 'resolve'>, fileName: string): Promise<Uint8Array> {
  return readPictureFile(dataset.resolve(fileName));
}

/** Number of rows whose pictures are read and hashed at once. */
export const ROWS_AHEAD = 8;

/** Runs `work` on a row. If it fails because of the row ('bad-input'), resolves to the reason. */
export async function orReason<Result>(
  { triplet }: DatasetRow,
  work: () => Promise<Result>,
): Promise<Result | SetAside> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
    const { message, where } = error;
    return { id: triplet.id, reason: where === undefined ? message : `${where}: ${message}` };
  }
}
