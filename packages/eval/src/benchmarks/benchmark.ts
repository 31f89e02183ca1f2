import type { EditKind } from '@rewardedit/core';

/** Reads the encoded bytes of a picture. Throws 'bad-input' if it cannot be read. */
export type ReadBytes = () => Promise<Uint8Array>;

/** Captions of the true edit and of the original. */
export interface Captions {
  readonly edited: string;
  readonly original?: string | undefined;
}

/** One edit for an editor to make. */
export interface BenchmarkItem {
  readonly id: string;
  readonly instruction: string;
  readonly kind?: EditKind | undefined;
  readonly original: ReadBytes;
  /** The true edit, if it is known. */
  readonly truth?: ReadBytes | undefined;
  /** Captions of the pictures, if the benchmark has them. */
  readonly captions?: Captions | undefined;
  /** File names, without endings, that match this item in a folder of edits. */
  readonly fileNames: readonly string[];
  /** Its location, for messages. */
  readonly where: string;
}

/** A row of a benchmark that is not an item, and why. */
export interface UnusableItem {
  readonly id: string;
  readonly unusable: string;
}

/** What editors are compared on. */
export interface Benchmark {
  /** The name of its file layout. */
  readonly layout: string;
  readonly items: readonly BenchmarkItem[];
  readonly unusable: readonly UnusableItem[];
}
