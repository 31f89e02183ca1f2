import { RewardEditError } from '@rewardedit/core';
import type { TrainConfig } from './config.ts';
import { lossScaleOf } from './objective.ts';

/** The most steps in a row that may be skipped; after that, training has diverged. */
const MOST_SKIPPED = 20;

/** Throws 'failed' if a step with gradients that are not finite may not be skipped, `skipped` being the number in a row including it. */
export function assertMayBeSkipped(step: number, skipped: number, config: TrainConfig): void {
  // Loss scaling finds its scale by skipping steps that overflow.
  const onNonFinite = lossScaleOf(config) ? 'skip' : config.onNonFinite;
  if (onNonFinite === 'skip' && skipped < MOST_SKIPPED) return;
  const what =
    onNonFinite === 'stop'
      ? `the gradients of step ${step} are not finite`
      : `the gradients of ${skipped} steps in a row, up to step ${step}, are not finite`;
  throw new RewardEditError('failed', `${what}; the weights are as they were before`, {
    hint:
      onNonFinite === 'stop'
        ? 'Repeat the command with --on-non-finite skip to skip the step, or start another run with a lower learning rate.'
        : 'Start another run with a lower learning rate.',
  });
}
