import { stateNames } from '@rewardedit/graph';
import type { TrainConfig } from './config.ts';

/** Whether averages are kept: with a decay of 0 each would be the weight itself, and a quarter of what training holds of it. */
export function keepsAverages({ emaDecay }: Pick<TrainConfig, 'emaDecay'>): boolean {
  return emaDecay > 0;
}

/** The entry of a state that a trained parameter is used from, in samples and in the model that is written: that of its average. */
export function usedEntry(name: string, config: Pick<TrainConfig, 'emaDecay'>): string {
  return keepsAverages(config) ? stateNames.average(name) : name;
}
