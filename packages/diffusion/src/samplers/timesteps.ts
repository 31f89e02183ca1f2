import type { SchedulerConfig } from '../noise-schedule.ts';

/** The timesteps of a run of so many steps, from most noise to least, before any rounding that a sampler does (diffusers' `set_timesteps`). */
export function spacedTimesteps(config: SchedulerConfig, steps: number): number[] {
  const total = config.num_train_timesteps;
  const spacings: Record<SchedulerConfig['timestep_spacing'], (i: number) => number> = {
    leading: (i) => (steps - 1 - i) * Math.floor(total / steps) + config.steps_offset,
    trailing: (i) => roundHalfToEven(total - (i * total) / steps) - 1,
    linspace: (i) => (steps === 1 ? 0 : ((total - 1) * (steps - 1 - i)) / (steps - 1)),
  };
  return Array.from({ length: steps }, (_, i) => spacings[config.timestep_spacing](i));
}

/** NumPy's rounding: halves go to the even neighbour. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
