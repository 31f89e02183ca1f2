import { stateNames } from '@rewardedit/graph';
import type { TrainConfig } from './config.ts';

/** Returns whether averages are kept. With a decay of 0 they would equal the weights, and take a quarter of the training state. */
export function keepsAverages({ emaDecay }: Pick<TrainConfig, 'emaDecay'>): boolean {
  return emaDecay > 0;
}

/** Returns the state entry of a trained parameter that samples and the saved model use: its average, if averages are kept. */
export function usedEntry(name: string, config: Pick<TrainConfig, 'emaDecay'>): string {
  return keepsAverages(config) ? stateNames.average(name) : name;
}
