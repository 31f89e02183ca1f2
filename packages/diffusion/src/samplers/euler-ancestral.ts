import type { NoiseSchedule } from '../noise-schedule.ts';
import { predictionOf } from '../prediction.ts';
import { mixtureAtLevel, noiseLevels } from './noise-levels.ts';
import type { Sampler } from './sampler.ts';
import { spacedTimesteps } from './timesteps.ts';

/**
 * Euler's method with noise drawn at each step (Karras et al., arXiv 2206.00364, in the ancestral form of k-diffusion), equal to
 * diffusers' `EulerAncestralDiscreteScheduler`, which never clips. Samples are x = x0 + s epsilon: in terms of the schedule,
 * x = z / alpha and s = sigma / alpha.
 */
export function eulerAncestral({ config, alphasCumprod }: NoiseSchedule, steps: number): Sampler {
  const spacing = config.timestep_spacing ?? 'linspace';
  const timesteps = spacedTimesteps(config, spacing, steps);
  const table = noiseLevels(alphasCumprod);
  // The last step leads to no noise at all.
  const levels = Float32Array.from([...timesteps.map((t) => interpolate(table, Math.fround(t))), 0]);
  const largest = levels[0];
  const prediction = predictionOf(config);
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma: Math.fround(spacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest),
    steps: timesteps.map((_, step) => {
      const [s, next] = [levels[step], levels[step + 1]];
      const mixture = mixtureAtLevel(s);
      const x0 = prediction.x0(mixture);
      // next^2 = up^2 + down^2: so much noise is drawn anew, and so much is left by the step of Euler's method, which
      // goes from x along (x - x0) / s.
      const up = Math.sqrt((next ** 2 * (s ** 2 - next ** 2)) / s ** 2);
      const kept = (next / s) ** 2;
      return {
        inputScale: mixture.alpha,
        picture: { ...x0, sample: mixture.alpha * x0.sample },
        limit: Infinity,
        next: { output: 0, sample: kept, source: 0, picture: 1 - kept, earlierPicture: 0, noise: up },
      };
    }),
  };
}

/** The table's value at a position, on the straight line between two entries. */
function interpolate(table: Float32Array, position: number): number {
  const below = Math.floor(position);
  const above = Math.min(below + 1, table.length - 1);
  return table[below] + (table[above] - table[below]) * (position - below);
}
