import { RewardEditError } from '@rewardedit/core';
import { z } from 'zod';

const only = <const T extends boolean | string>(value: T) =>
  z.literal(value, { error: `only ${JSON.stringify(value)} is supported` }).default(value);
/** A variance b such that neither b nor 1 - b rounds to 0 in float32. */
const variance = z
  .number()
  .min(1e-7)
  .max(1 - 1e-7);

/**
 * `scheduler_config.json` of diffusers: the noise schedule that a model was trained with, and how it is sampled. Defaults are those of
 * diffusers' `DDIMScheduler`, unless the named class has others. `residual` is an extension.
 */
const schedulerConfigSchema = z
  .strictObject({
    num_train_timesteps: z.int().min(2).max(100_000).default(1000),
    beta_start: variance.default(0.0001),
    beta_end: variance.default(0.02),
    beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
    /** Every beta, overriding `beta_schedule`. */
    trained_betas: z.array(variance).nullable().default(null),
    /** Rescales the schedule to zero terminal SNR. */
    rescale_betas_zero_snr: z.boolean().default(false),
    prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
    /** The network predicts the difference between edit and source picture. Requires `prediction_type` "sample". */
    residual: z.boolean().default(false),
    /** Each sampler has its own default. */
    timestep_spacing: z.enum(['linspace', 'leading', 'trailing']).optional(),
    /** Added to timesteps with `leading` spacing. */
    steps_offset: z.int().nonnegative().default(0),
    /** DDIM's last step ends at zero noise rather than at the first timestep's noise level. */
    set_alpha_to_one: z.boolean().default(true),
    /** DDIM and DDPM clip x0 to the range. */
    clip_sample: z.boolean().default(true),
    clip_sample_range: z.number().positive().default(1),
    /** Uses the noise levels of Karras et al. in Euler's method and DPM-Solver++. */
    use_karras_sigmas: z
      .boolean()
      .nullable()
      .default(false)
      .transform((value) => value ?? false),
    /** The variance of DDPM's steps. Missing or null for other classes. */
    variance_type: z
      .enum(['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log', 'learned', 'learned_range'])
      .nullable()
      .default('fixed_small')
      .transform((value) => value ?? 'fixed_small'),
    /** PNDM without Runge-Kutta steps at the start. Missing for other classes. */
    skip_prk_steps: z.boolean().default(true),
    thresholding: only(false),
    interpolation_type: only('linear'),
    timestep_type: only('discrete'),
    use_exponential_sigmas: only(false),
    use_beta_sigmas: only(false),
    use_lu_lambdas: only(false),
    use_flow_sigmas: only(false),
  })
  .refine(({ trained_betas: betas, num_train_timesteps: count }) => !betas || betas.length === count, {
    path: ['trained_betas'],
    error: 'expected one beta for each of num_train_timesteps',
  })
  .refine((config) => !config.residual || config.prediction_type === 'sample', {
    path: ['residual'],
    error: 'only with prediction_type "sample"',
  })
  // Lin et al., arXiv 2305.08891, section 3.2.
  .refine((config) => !config.rescale_betas_zero_snr || config.prediction_type !== 'epsilon', {
    path: ['rescale_betas_zero_snr'],
    error: 'not with prediction_type "epsilon": without any signal, the noise does not determine the picture',
  });

export type SchedulerConfig = z.output<typeof schedulerConfigSchema>;

/** Defaults of diffusers' scheduler classes that differ from `DDIMScheduler`. */
const CLASS_DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  PNDMScheduler: { set_alpha_to_one: false, skip_prk_steps: false },
};

/** Completes settings with the defaults of the class that they name. */
export function withClassDefaults(
  settings: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const name = String(settings['_class_name']);
  return { ...(Object.hasOwn(CLASS_DEFAULTS, name) && CLASS_DEFAULTS[name]), ...settings };
}

/** Settings of diffusers' other samplers. They have no effect here, so any value is accepted. */
const OF_OTHER_SAMPLERS: ReadonlySet<string> = new Set([
  'algorithm_type',
  'disable_corrector',
  'dynamic_thresholding_ratio',
  'euler_at_final',
  'final_sigmas_type',
  'flow_shift',
  'lambda_min_clipped',
  'lower_order_final',
  'noise_sampler_seed',
  'original_inference_steps',
  'predict_x0',
  'sample_max_value',
  'sigma_max',
  'sigma_min',
  'solver_order',
  'solver_p',
  'solver_type',
  'time_shift_type',
  'timestep_scaling',
  'use_dynamic_shifting',
]);

/**
 * Validates a configuration read from JSON. Ignores keys that begin with `_`, unknown keys that are null, and settings of other samplers.
 *
 * @param where file name for messages.
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
 */
export function parseSchedulerConfig(
  value: unknown,
  where = 'scheduler/scheduler_config.json',
): SchedulerConfig {
  const { shape } = schedulerConfigSchema;
  const given = z.record(z.string(), z.unknown()).safeParse(value);
  if (!given.success) throw badConfig(where, ['it is not a JSON object']);
  const settings = Object.fromEntries(
    Object.entries(withClassDefaults(given.data)).filter(
      ([key, setting]) =>
        Object.hasOwn(shape, key) || !(key.startsWith('_') || setting === null || OF_OTHER_SAMPLERS.has(key)),
    ),
  );
  const parsed = schedulerConfigSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const says = (key: string, problem: string) => `${key} is ${JSON.stringify(settings[key])}: ${problem}`;
  throw badConfig(
    where,
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => says(key, 'this option is not supported'))
        : [says(String(issue.path[0]), issue.message)],
    ),
  );
}

function badConfig(where: string, problems: readonly string[]): RewardEditError {
  return new RewardEditError('bad-input', `the noise schedule is not supported: ${problems.join('; ')}`, {
    where,
    hint: 'Correct the file or choose another model: only schedules that can be computed exactly are supported.',
  });
}
