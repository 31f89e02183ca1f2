import type { NoiseSchedule } from '../noise-schedule.ts';
import { predictionOf } from '../prediction.ts';
import { mixtureAtLevel, spacedLevels } from './noise-levels.ts';
import type { Sampler } from './sampler.ts';

/**
 * Euler's method (Karras et al., arXiv 2206.00364, algorithm 1, without the second-order correction), equivalent to diffusers'
 * `EulerDiscreteScheduler`. Samples are x = x0 + s epsilon, as in `eulerAncestral`.
 */
export function euler(schedule: NoiseSchedule, steps: number): Sampler {
  const prediction = predictionOf(schedule.config);
  const { timesteps, levels, initialSigma } = spacedLevels(schedule, steps);
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma,
    memories: 0,
    steps: timesteps.map((_, step) => {
      const [s, next] = [levels[step], levels[step + 1]];
      const mixture = mixtureAtLevel(s);
      const x0 = prediction.x0(mixture);
      // From x along (x - x0) / s.
      const kept = next / s;
      return {
        inputScale: mixture.alpha,
        picture: { ...x0, sample: mixture.alpha * x0.sample },
        limit: Infinity,
        next: { sample: kept, picture: 1 - kept },
      };
    }),
  };
}
