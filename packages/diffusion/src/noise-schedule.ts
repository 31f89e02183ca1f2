import { RewardEditError } from '@rewardedit/core';
import { z } from 'zod';

/**
 * The settings of a noise schedule and its sampling steps, as diffusers keeps them in `scheduler_config.json`, with diffusers'
 * defaults for DDIM. `residual` is ours: the network predicts the difference between the edited picture and its source.
 */
export const schedulerConfigSchema = z
  .object({
    num_train_timesteps: z.int().positive().default(1000),
    beta_start: z.number().positive().default(0.0001),
    beta_end: z.number().positive().default(0.02),
    beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
    prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
    /** The source is added to the prediction outside the network. Only with `sample`. */
    residual: z.boolean().default(false),
    timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).default('leading'),
    steps_offset: z.int().nonnegative().default(0),
    /** Whether the step before the first is at full signal, or at the signal of the first. */
    set_alpha_to_one: z.boolean().default(true),
    clip_sample: z.boolean().default(true),
    clip_sample_range: z.number().positive().default(1),
    rescale_betas_zero_snr: z.boolean().default(false),
    trained_betas: z.null().default(null),
    thresholding: z.literal(false).default(false),
    interpolation_type: z.literal('linear').default('linear'),
    use_karras_sigmas: z.literal(false).default(false),
  })
  .refine((config) => !config.residual || config.prediction_type === 'sample', {
    path: ['residual'],
    error: 'only a network that predicts the sample can predict it as a difference',
  })
  .refine((config) => !config.rescale_betas_zero_snr || config.prediction_type !== 'epsilon', {
    path: ['rescale_betas_zero_snr'],
    error: 'where no signal is left, predicted noise says nothing about the picture',
  });

export type SchedulerConfig = z.output<typeof schedulerConfigSchema>;

/**
 * Checks `scheduler_config.json`. Keys that say nothing about the schedule are left out.
 *
 * @throws RewardEditError 'bad-input' that names the key and what is wrong with its value.
 */
export function parseSchedulerConfig(value: unknown, where = 'scheduler/scheduler_config.json'): SchedulerConfig {
  const parsed = schedulerConfigSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new RewardEditError('bad-input', `${path.join('.')}: ${message}`, { where });
}

/** How much of the picture is left after each number of noising steps. */
export interface NoiseSchedule {
  readonly config: SchedulerConfig;
  readonly betas: Float64Array;
  /** Product of 1 - beta up to each timestep: the share of the variance that is picture. */
  readonly alphasCumprod: Float64Array;
}

/** A noised sample at timestep t is alpha x0 + sigma noise, with alpha^2 + sigma^2 = 1. */
export interface Mixture {
  readonly alpha: number;
  readonly sigma: number;
}

/** How beta, the variance of the noise added at a step, goes from the first step to the last. */
const BETAS: Record<SchedulerConfig['beta_schedule'], (config: SchedulerConfig, step: number) => number> = {
  linear: ({ beta_start: start, beta_end: end, num_train_timesteps: steps }, step) =>
    start + ((end - start) * step) / (steps - 1),
  scaled_linear: ({ beta_start: start, beta_end: end, num_train_timesteps: steps }, step) =>
    (Math.sqrt(start) + ((Math.sqrt(end) - Math.sqrt(start)) * step) / (steps - 1)) ** 2,
  // Nichol and Dhariwal, arXiv 2102.09672, equation 17.
  squaredcos_cap_v2: ({ num_train_timesteps: steps }, step) => {
    const left = (t: number) => Math.cos(((t + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
    return Math.min(1 - left((step + 1) / steps) / left(step / steps), 0.999);
  },
};

/** The schedule that a configuration describes. */
export function createNoiseSchedule(config: SchedulerConfig): NoiseSchedule {
  const steps = config.num_train_timesteps;
  const betas = Float64Array.from({ length: steps }, (_, step) => BETAS[config.beta_schedule](config, step));
  let left = 1;
  const alphasCumprod = betas.map((beta) => (left *= 1 - beta));
  return { config, betas, alphasCumprod: config.rescale_betas_zero_snr ? withoutSignalAtEnd(alphasCumprod) : alphasCumprod };
}

/** Shifts and scales sqrt(alphasCumprod) so that the first stays and the last becomes 0 (Lin et al., arXiv 2305.08891, algorithm 1). */
function withoutSignalAtEnd(alphasCumprod: Float64Array): Float64Array {
  const roots = alphasCumprod.map(Math.sqrt);
  const [first, last] = [roots[0], roots[roots.length - 1]];
  return roots.map((root) => (((root - last) * first) / (first - last)) ** 2);
}

export function mixtureAt({ alphasCumprod }: NoiseSchedule, timestep: number): Mixture {
  return { alpha: Math.sqrt(alphasCumprod[timestep]), sigma: Math.sqrt(1 - alphasCumprod[timestep]) };
}

/** alpha x0 + sigma noise: the sample at a timestep (Ho et al., arXiv 2006.11239, equation 4). */
export function addNoise(schedule: NoiseSchedule, x0: Float32Array, noise: Float32Array, timestep: number): Float32Array {
  const { alpha, sigma } = mixtureAt(schedule, timestep);
  return x0.map((value, i) => alpha * value + sigma * noise[i]);
}

/** alpha noise - sigma x0: the velocity at a timestep (Salimans and Ho, arXiv 2202.00512, appendix D). */
export function velocity(schedule: NoiseSchedule, x0: Float32Array, noise: Float32Array, timestep: number): Float32Array {
  const { alpha, sigma } = mixtureAt(schedule, timestep);
  return x0.map((value, i) => alpha * noise[i] - sigma * value);
}
