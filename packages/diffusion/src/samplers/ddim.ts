import type { NoiseSchedule } from '../noise-schedule.ts';
import { predictionOf, times } from '../prediction.ts';
import type { Sampler, SamplerOptions } from './sampler.ts';
import { roundHalfToEven, spacedTimesteps } from './timesteps.ts';

/**
 * Denoising diffusion implicit models (Song et al., arXiv 2010.02502), equivalent to diffusers' `DDIMScheduler`. The paper's alpha is
 * `alphaBar` here, and its t - 1 is one stride of timesteps earlier.
 */
export function ddim(schedule: NoiseSchedule, steps: number, { eta = 0 }: SamplerOptions = {}): Sampler {
  const { config, alphasCumprod } = schedule;
  const spacing = config.timestep_spacing ?? 'leading';
  const timesteps = spacedTimesteps(config, spacing, steps).map(roundHalfToEven);
  // As in diffusers, for every spacing: the noise level a step ends at is not necessarily the one the next step starts from.
  const stride = Math.floor(config.num_train_timesteps / steps);
  const lastAlphaBar = config.set_alpha_to_one ? 1 : alphasCumprod[0];
  const limit = config.clip_sample ? config.clip_sample_range : Infinity;
  const prediction = predictionOf(config);
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma: 1,
    memories: 0,
    steps: timesteps.map((t) => {
      const alphaBar = alphasCumprod[t];
      const previous = t >= stride ? alphasCumprod[t - stride] : lastAlphaBar;
      const mixture = { alpha: Math.sqrt(alphaBar), sigma: Math.sqrt(1 - alphaBar) };
      // Equation 16.
      const sigma = eta * Math.sqrt((1 - previous) / (1 - alphaBar)) * Math.sqrt(1 - alphaBar / previous);
      // Equation 12. With eta 1 and no signal left the radicand is 0, and rounding may make it negative.
      const direction = Math.sqrt(Math.max(1 - previous - sigma ** 2, 0));
      return {
        inputScale: 1,
        picture: prediction.x0(mixture),
        limit,
        next: {
          ...times(direction, prediction.epsilon(mixture)),
          picture: Math.sqrt(previous),
          noise: sigma,
        },
      };
    }),
  };
}
