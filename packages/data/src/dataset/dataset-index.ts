import {
  RewardEditError,
  indexLines,
  parseLooseJsonBytes,
  type LineIndex,
  type Triplet,
} from '@rewardedit/core';
import { CORRECT_LINE, fromMetadataRow } from './metadata-row.ts';

/** Where each value of a file of JSON lines is, so that they can be read in any order without holding them all. */
export type JsonLinesIndex = Omit<LineIndex, 'read'> & {
  /** Reads the value in line number `position`, 0 to `count - 1`. */
  value(position: number): Promise<unknown>;
};

/** The same for a metadata file. */
export type DatasetIndex = Omit<LineIndex, 'read'> & {
  /** Reads triplet number `position`, 0 to `count - 1`. */
  triplet(position: number): Promise<Triplet>;
};

/**
 * Indexes a file of JSON lines: eight bytes of memory a line. A last line that breaks off, as a killed writer leaves it, is
 * not counted. Close the index when done: it holds the file open.
 */
export async function indexJsonLines(path: string): Promise<JsonLinesIndex> {
  const { read, ...index } = await indexLines(path);
  return {
    ...index,
    async value(position) {
      const line = await read(position);
      try {
        // As `readJsonLines` does it: without the mark that some editors put first, and never with letters that are not there.
        return parseLooseJsonBytes(line);
      } catch (cause) {
        const where = `${path}:${position + 1}`;
        throw new RewardEditError('bad-input', 'this line is not JSON', { where, hint: CORRECT_LINE, cause });
      }
    },
  };
}

/** Indexes a metadata file. */
export async function indexMetadata(path: string): Promise<DatasetIndex> {
  const { value, ...index } = await indexJsonLines(path);
  return {
    ...index,
    triplet: async (position) => fromMetadataRow(await value(position), `${path}:${position + 1}`),
  };
}
