import type { Triplet } from '@rewardedit/core';

/** A row of named cells. */
export type Row = Readonly<Record<string, unknown>>;

/** Reads the bytes of an encoded picture. Throws 'bad-input' if they cannot be read. */
export type ReadBytes = () => Promise<Uint8Array>;

/** The value of a column that a triplet has no field for. */
export type ExtraValue = string | number | boolean;

/** A triplet of any format. Its pictures are read on demand. */
export type SourceTriplet = {
  readonly record: Omit<Triplet, 'original' | 'edited' | 'truth'>;
  /** Other columns of the source, such as MagicBrush's `turn_index`. */
  readonly extra: Readonly<Record<string, ExtraValue>>;
  readonly pictures: { readonly original: ReadBytes; readonly edited: ReadBytes; readonly truth?: ReadBytes };
  /** Its place, for messages: file and line, shard and row, folder. */
  readonly where: string;
};

/** A row that is not a triplet, and the reason. */
export type UnusableRow = { readonly id: string; readonly where: string; readonly unusable: string };

export type SourceRow = SourceTriplet | UnusableRow;

/** Triplets to read, in any format. */
export type TripletSource = {
  readonly format: string;
  /** Yields all rows in a fixed order, with few of them in memory at a time. Throws 'bad-input' if the source is damaged. */
  rows(): AsyncGenerator<SourceRow>;
  /** Rules that were applied and columns that were left out. Complete once all rows have been read. */
  notes(): readonly string[];
  /** What became of each column or part read so far, a line each. */
  explain?(): readonly string[];
  /** Folder that an archive was unpacked to. Files beside the dataset are found there. */
  readonly unpackedTo?: string;
  /** Removes what was unpacked. To be called once no picture is read any more. */
  close?(): Promise<void>;
};

/** The id of a row, usable or not. */
export function idOf(row: SourceRow): string {
  return 'unusable' in row ? row.id : row.record.id;
}
