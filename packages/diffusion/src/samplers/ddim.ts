import type { NoiseSchedule } from '../noise-schedule.ts';
import { decompose } from '../prediction.ts';
import type { Sampler } from './sampler.ts';
import { roundHalfToEven, spacedTimesteps } from './timesteps.ts';

/**
 * Denoising diffusion implicit models (Song et al., arXiv 2010.02502, equation 12), equal to diffusers' `DDIMScheduler`.
 *
 * @param eta share of the noise that each step draws anew: 0 is deterministic, 1 is DDPM.
 */
export function ddim(schedule: NoiseSchedule, steps: number, eta = 0): Sampler {
  const { config, alphasCumprod } = schedule;
  const timesteps = spacedTimesteps(config, steps).map(roundHalfToEven);
  const stride = Math.floor(config.num_train_timesteps / steps);
  const before = config.set_alpha_to_one ? 1 : alphasCumprod[0];
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma: 1,
    scaleInput: (sample) => sample,
    needsNoise: () => eta > 0,
    step({ step, output, sample, noise, source }) {
      const now = alphasCumprod[timesteps[step]];
      const next = alphasCumprod[timesteps[step] - stride] ?? before;
      const mixture = { alpha: Math.sqrt(now), sigma: Math.sqrt(1 - now) };
      const { x0, noise: direction } = decompose(config, { output, x: sample, mixture, source });
      const deviation = eta * Math.sqrt(((1 - next) / (1 - now)) * (1 - now / next));
      const kept = Math.sqrt(1 - next - deviation ** 2);
      return x0.map(
        (value, i) => Math.sqrt(next) * value + kept * direction[i] + (noise ? deviation * noise[i] : 0),
      );
    },
  };
}
