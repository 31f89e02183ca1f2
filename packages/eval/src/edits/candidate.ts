import type { EditHooks } from '@rewardedit/diffusion';
import type { BenchmarkItem } from '../benchmarks/benchmark.ts';

/** An item to edit, with its original on disk. */
export interface EditTask {
  readonly item: BenchmarkItem;
  /** Path of the original picture. */
  readonly original: string;
}

/** An edited picture as an encoded file, or why it is missing. */
export type EditOfItem = { readonly bytes: Uint8Array } | { readonly missing: string };

/** The source of the edited pictures. */
export interface Candidate {
  /** Everything the edits depend on; stored with the run. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether others may change the edits: stored ones are then compared with the current files. */
  readonly mayChange: boolean;
  /** The largest number of items edited in one call. */
  readonly batchSize: number;
  /** Edits the items of all tasks, in their order. */
  edit(tasks: readonly EditTask[], hooks?: EditHooks): Promise<readonly EditOfItem[]>;
  /** Files that match no item. */
  readonly extra: readonly string[];
}
