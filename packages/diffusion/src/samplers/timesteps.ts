import { RewardEditError } from '@rewardedit/core';
import type { SchedulerConfig } from '../scheduler-config.ts';

export type TimestepSpacing = NonNullable<SchedulerConfig['timestep_spacing']>;

/** Returns the timestep of step i (0 is the noisiest) of `steps`, out of T timesteps. */
type Spacing = (T: number, steps: number, i: number) => number;

/** Lin et al., arXiv 2305.08891, table 2, in the arithmetic of diffusers. */
const SPACINGS: Record<TimestepSpacing, Spacing> = {
  linspace: (T, steps, i) => (steps === 1 ? 0 : i === 0 ? T - 1 : (steps - 1 - i) * ((T - 1) / (steps - 1))),
  leading: (T, steps, i) => (steps - 1 - i) * Math.floor(T / steps),
  // NumPy's `arange` adds the difference of its first two values instead of the step, which decides some ties.
  trailing: (T, steps, i) => roundHalfToEven(T + i * (T - T / steps - T)) - 1,
};

/**
 * Returns the timesteps of a run from most noise to least, as diffusers' `set_timesteps`. With `linspace` they are fractional.
 *
 * @throws RewardEditError 'bad-input' if the schedule does not allow the number of steps.
 */
export function spacedTimesteps(
  { num_train_timesteps: T, steps_offset }: SchedulerConfig,
  spacing: TimestepSpacing,
  steps: number,
): number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps > T) {
    throw new RewardEditError('bad-input', `a run cannot have ${steps} steps`, {
      hint: `Choose a whole number from 1 to ${T}.`,
    });
  }
  const offset = spacing === 'leading' ? steps_offset : 0;
  const timesteps = Array.from({ length: steps }, (_, i) => SPACINGS[spacing](T, steps, i) + offset);
  if (timesteps[0] >= T) {
    throw new RewardEditError(
      'bad-input',
      `a run of ${steps} steps would start after timestep ${T - 1}, the last`,
      {
        hint: `Choose fewer steps: the schedule's steps_offset is ${offset}.`,
      },
    );
  }
  return timesteps;
}

/** Rounds as NumPy does: ties go to the even neighbour. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
