import type { NoiseSchedule } from '../noise-schedule.ts';
import { predictionOf } from '../prediction.ts';
import { mixtureAtLevel, spacedLevels } from './noise-levels.ts';
import type { Sampler } from './sampler.ts';

/**
 * Euler's method with ancestral sampling (Karras et al., arXiv 2206.00364; the ancestral step of k-diffusion), equivalent to diffusers'
 * `EulerAncestralDiscreteScheduler`, which neither clips nor supports Karras sigmas. Samples are x = x0 + s epsilon, that is x = z / alpha
 * and s = sigma / alpha in terms of the schedule.
 */
export function eulerAncestral({ config, alphasCumprod }: NoiseSchedule, steps: number): Sampler {
  const prediction = predictionOf(config);
  const { timesteps, levels, initialSigma } = spacedLevels(
    { config: { ...config, use_karras_sigmas: false }, alphasCumprod },
    steps,
  );
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma,
    memories: 0,
    steps: timesteps.map((_, step) => {
      const [s, next] = [levels[step], levels[step + 1]];
      const mixture = mixtureAtLevel(s);
      const x0 = prediction.x0(mixture);
      // next^2 = up^2 + down^2: the Euler step along (x - x0) / s goes down to noise level `down`, and fresh noise of level `up` is added.
      const up = Math.sqrt((next ** 2 * (s ** 2 - next ** 2)) / s ** 2);
      const kept = (next / s) ** 2;
      return {
        inputScale: mixture.alpha,
        picture: { ...x0, sample: mixture.alpha * x0.sample },
        limit: Infinity,
        next: { sample: kept, picture: 1 - kept, noise: up },
      };
    }),
  };
}
