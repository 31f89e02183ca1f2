import type { HostStep } from './host-plan.ts';

/** State entries, or results of the model, by their names in a plan, in memory that both threads see. */
export type SharedArrays = Readonly<Record<string, Float32Array>>;

/** What the helper is asked. Plans go by numbers that the asking side gives out. */
export type HelperRequest =
  | {
      readonly ask: 'prepare';
      readonly plan: number;
      /** What it does in a run, one list after the other, each when it is told to. */
      readonly rounds: readonly (readonly HostStep[])[];
      /** The plan's single numbers, in memory that both threads see. */
      readonly numbers: Float64Array;
      readonly entries: SharedArrays;
      readonly results: SharedArrays;
    }
  | { readonly ask: 'run'; readonly plan: number; readonly round: number }
  | { readonly ask: 'forget'; readonly plan: number };

/** The answer to a round. */
export interface HelperReply {
  readonly failure?: string;
}
