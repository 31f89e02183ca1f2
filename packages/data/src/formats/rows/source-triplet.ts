import type { Triplet } from '@rewardedit/core';

/** A picture file's bytes, as they are encoded. Throws 'bad-input' where there are none to be had. */
export type ReadBytes = () => Promise<Uint8Array>;

/** What stands in a column that a triplet has no place for. */
export type ExtraValue = string | number | boolean;

/** A triplet of any format, whose pictures are read when asked for. */
export type SourceTriplet = {
  readonly record: Omit<Triplet, 'original' | 'edited' | 'truth'>;
  /** What the source says besides, such as MagicBrush's `turn_index`. */
  readonly extra: Readonly<Record<string, ExtraValue>>;
  readonly pictures: { readonly original: ReadBytes; readonly edited: ReadBytes; readonly truth?: ReadBytes };
  /** Where it stands, for messages: file and line, shard and row, folder. */
  readonly where: string;
};

/** A row that is no triplet, and why. */
export type UnusableRow = { readonly id: string; readonly where: string; readonly unusable: string };

export type SourceRow = SourceTriplet | UnusableRow;

/** Triplets to read, in whatever format. */
export type TripletSource = {
  readonly format: string;
  /** All rows in an order that is always the same, few of them in memory at a time. Throws 'bad-input' where the source is damaged. */
  rows(): AsyncGenerator<SourceRow>;
  /** What a reader of the result has to know: rules that were applied, columns that are left out. Complete once all rows were read. */
  notes(): readonly string[];
  /** What became of each column or part that was met so far, a line each. */
  explain?(): readonly string[];
  /** Where it was unpacked to, if it was: what stands beside it is found there. */
  readonly unpackedTo?: string;
  /** Lets go of what was unpacked to read it; to be called once no picture is read any more. */
  close?(): Promise<void>;
};

/** The id of a row, usable or not. */
export function idOf(row: SourceRow): string {
  return 'unusable' in row ? row.id : row.record.id;
}
