import type { EditKind } from '@rewardedit/core';

/** A picture file's bytes, as they are encoded. Throws 'bad-input' where there are none to be had. */
export type ReadBytes = () => Promise<Uint8Array>;

/** What is seen on the true edit, and on the original. */
export interface Captions {
  readonly edited: string;
  readonly original?: string | undefined;
}

/** One edit that an editor is asked for. */
export interface BenchmarkItem {
  readonly id: string;
  readonly instruction: string;
  readonly kind?: EditKind | undefined;
  readonly original: ReadBytes;
  /** What the edited picture should be, where that is known. */
  readonly truth?: ReadBytes | undefined;
  /** What the pictures show in words, where the benchmark says it. */
  readonly captions?: Captions | undefined;
  /** Names that an edited picture of this item may have in a folder of edits, without their endings. */
  readonly fileNames: readonly string[];
  /** Where it stands, for messages. */
  readonly where: string;
}

/** A row of a benchmark from which no item can be made, and why. */
export interface UnusableItem {
  readonly id: string;
  readonly unusable: string;
}

/** What editors are compared on. */
export interface Benchmark {
  /** How its files are laid out. */
  readonly layout: string;
  readonly items: readonly BenchmarkItem[];
  readonly unusable: readonly UnusableItem[];
}
