import { RewardEditError } from '@rewardedit/core';
import type { TrainConfig } from './config.ts';
import { lossScaleOf } from './objective.ts';

/** After so many steps in a row without a finite gradient, skipping more of them is of no use. */
const MOST_SKIPPED = 20;

/** Throws 'failed' where a step whose gradients are not finite may not be passed over, `skipped` being how many in a row there were. */
export function assertMayBeSkipped(step: number, skipped: number, config: TrainConfig): void {
  // The scale of a loss is found by steps that are skipped, until it fits.
  const onNonFinite = lossScaleOf(config) ? 'skip' : config.onNonFinite;
  if (onNonFinite === 'skip' && skipped < MOST_SKIPPED) return;
  const what =
    onNonFinite === 'stop'
      ? `the gradients of step ${step} are not finite`
      : `the gradients of ${skipped} steps in a row, up to step ${step}, are not finite`;
  throw new RewardEditError('failed', `${what}; the weights are as they were before`, {
    hint:
      onNonFinite === 'stop'
        ? 'Repeat the command with --on-non-finite skip to pass over the step, or start another run with a lower learning rate.'
        : 'Start another run with a lower learning rate.',
  });
}
