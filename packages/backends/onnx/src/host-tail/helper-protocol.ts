import type { HostStep } from './host-plan.ts';

/** State entries or results of the model, by their names in a plan, in memory shared by both threads. */
export type SharedArrays = Readonly<Record<string, Float32Array>>;

/** Requests to the helper. The main thread numbers the plans. */
export type HelperRequest =
  | {
      readonly ask: 'prepare';
      readonly plan: number;
      /** The steps of a run in several rounds, each executed on request. */
      readonly rounds: readonly (readonly HostStep[])[];
      /** The plan's scalars, in memory shared by both threads. */
      readonly numbers: Float64Array;
      readonly entries: SharedArrays;
      readonly results: SharedArrays;
    }
  | { readonly ask: 'run'; readonly plan: number; readonly round: number }
  | { readonly ask: 'forget'; readonly plan: number };

/** The reply to a round. */
export interface HelperReply {
  readonly failure?: string;
}
