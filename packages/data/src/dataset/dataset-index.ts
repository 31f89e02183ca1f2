import { RewardEditError, indexLines, type LineIndex, type Triplet } from '@rewardedit/core';
import { CORRECT_LINE, fromMetadataRow } from './metadata-row.ts';

/** Where each triplet of a metadata file is, so that they can be read in any order without holding them all. */
export type DatasetIndex = Pick<LineIndex, 'count' | 'offsets' | 'close'> & {
  /** Reads triplet number `position`, 0 to `count - 1`. */
  triplet(position: number): Promise<Triplet>;
};

/**
 * Indexes a metadata file: eight bytes of memory a line. A last line that breaks off, as a killed writer leaves it, is
 * not counted. Close the index when done: it holds the file open.
 */
export async function indexMetadata(path: string): Promise<DatasetIndex> {
  const { count, offsets, read, close } = await indexLines(path);
  return {
    count,
    offsets,
    close,
    async triplet(position) {
      const line = await read(position);
      const where = `${path}:${position + 1}`;
      let row: unknown;
      try {
        // As `readJsonLines` does it: without the mark that some editors put first, and never with letters that are not there.
        row = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
      } catch (cause) {
        throw new RewardEditError('bad-input', 'this line is not JSON', { where, hint: CORRECT_LINE, cause });
      }
      return fromMetadataRow(row, where);
    },
  };
}
