import { RewardEditError } from '@rewardedit/core';
import type { NoiseSchedule } from '../noise-schedule.ts';
import { predictionOf } from '../prediction.ts';
import type { SchedulerConfig } from '../scheduler-config.ts';
import type { Sampler } from './sampler.ts';
import { roundHalfToEven, spacedTimesteps } from './timesteps.ts';

/** Variance of the noise a step adds, from the step's beta and the noise variances (1 - alphaBar) before and after it. */
const VARIANCES: Partial<
  Record<SchedulerConfig['variance_type'], (beta: number, before: number, after: number) => number>
> = {
  // Equal; diffusers computes the second via its logarithm.
  fixed_small: (beta, before, after) => (after / before) * beta,
  fixed_small_log: (beta, before, after) => (after / before) * beta,
  fixed_large: (beta) => beta,
};
const LEAST_VARIANCE = 1e-20;

/**
 * Denoising diffusion probabilistic models (Ho et al., arXiv 2006.11239, equations 6 and 7, with skipped timesteps), equivalent to diffusers'
 * `DDPMScheduler`.
 *
 * @throws RewardEditError 'bad-input' for a learned variance, which the network would have to predict.
 */
export function ddpm({ config, alphasCumprod }: NoiseSchedule, steps: number): Sampler {
  const variance = VARIANCES[config.variance_type];
  if (!variance) {
    throw new RewardEditError(
      'bad-input',
      `DDPM's variance_type is ${config.variance_type}, which is not supported`,
      {
        where: 'scheduler/scheduler_config.json',
        hint: `Supported are ${Object.keys(VARIANCES).join(', ')}; or choose another sampler.`,
      },
    );
  }
  const spacing = config.timestep_spacing ?? 'leading';
  const timesteps = spacedTimesteps(config, spacing, steps).map(roundHalfToEven);
  const stride = Math.floor(config.num_train_timesteps / steps);
  const prediction = predictionOf(config);
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma: 1,
    memories: 0,
    steps: timesteps.map((t) => {
      const alphaBar = alphasCumprod[t];
      const previous = t >= stride ? alphasCumprod[t - stride] : 1;
      const alpha = alphaBar / previous;
      const drawn = Math.max(variance(1 - alpha, 1 - alphaBar, 1 - previous), LEAST_VARIANCE);
      return {
        inputScale: 1,
        picture: prediction.x0({ alpha: Math.sqrt(alphaBar), sigma: Math.sqrt(1 - alphaBar) }),
        limit: config.clip_sample ? config.clip_sample_range : Infinity,
        next: {
          picture: (Math.sqrt(previous) * (1 - alpha)) / (1 - alphaBar),
          sample: (Math.sqrt(alpha) * (1 - previous)) / (1 - alphaBar),
          noise: t > 0 ? Math.sqrt(drawn) : 0,
        },
      };
    }),
  };
}
