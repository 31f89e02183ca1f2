import type { HostStep } from './host-plan.ts';

/** State entries by their names in a plan, in memory that both threads see. */
export type SharedEntries = Readonly<Record<string, Float32Array>>;

/** Results of the model by their names in a plan. */
export type Results = Readonly<Record<string, Float32Array>>;

/** What the helper is asked. Plans go by numbers that the asking side gives out. */
export type HelperRequest =
  | {
      readonly ask: 'prepare';
      readonly plan: number;
      /** What it does in a run, one list after the other, each when it is told to. */
      readonly rounds: readonly (readonly HostStep[])[];
      /** The plan's single numbers, in memory that both threads see. */
      readonly numbers: Float64Array;
      readonly entries: SharedEntries;
    }
  | {
      readonly ask: 'run';
      readonly plan: number;
      readonly round: number;
      /** With the first round, the results of this run that the steps read. They are handed over. */
      readonly results?: Results;
    }
  | { readonly ask: 'forget'; readonly plan: number };

/** The answer to a round. */
export interface HelperReply {
  readonly failure?: string;
}
