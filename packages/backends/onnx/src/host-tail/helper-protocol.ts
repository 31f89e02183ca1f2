import type { HostStep } from './host-plan.ts';

/** State entries by their names in a plan, in memory that both threads see. */
export type SharedEntries = Readonly<Record<string, Float32Array>>;

/** What the helper is asked. Plans go by numbers that the asking side gives out. */
export type HelperRequest =
  | {
      readonly ask: 'prepare';
      readonly plan: number;
      readonly steps: readonly HostStep[];
      /** The plan's single numbers, in memory that both threads see. */
      readonly numbers: Float64Array;
      readonly entries: SharedEntries;
    }
  /** The results of this run that the steps read. They are handed over. */
  | { readonly ask: 'run'; readonly plan: number; readonly results: Readonly<Record<string, Float32Array>> }
  | { readonly ask: 'forget'; readonly plan: number };

/** The answer to a run. */
export interface HelperReply {
  readonly failure?: string;
}
