import type { EditHooks } from '@rewardedit/diffusion';
import type { BenchmarkItem } from '../benchmarks/benchmark.ts';

/** An item that wants an edit, with its original on disk. */
export interface EditTask {
  readonly item: BenchmarkItem;
  /** Path of the original picture. */
  readonly original: string;
}

/** An edited picture as an encoded file, or why there is none. */
export type EditOfItem = { readonly bytes: Uint8Array } | { readonly missing: string };

/** Where the edited pictures come from. */
export interface Candidate {
  /** Everything that the edits depend on; kept with the run. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether the edits lie where others may change them: those that are kept are then compared with what is there now. */
  readonly mayChange: boolean;
  /** Items that are asked for at once, at most. */
  readonly batchSize: number;
  /** Edits as many items as there are tasks, in their order. */
  edit(tasks: readonly EditTask[], hooks?: EditHooks): Promise<readonly EditOfItem[]>;
  /** Files that are the edit of no item. */
  readonly extra: readonly string[];
}
