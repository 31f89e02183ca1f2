export interface LearningRateOptions {
  /** Steps of linear warm-up from zero. */
  readonly warmupSteps: number;
  /** Total steps, including the warm-up. */
  readonly trainingSteps: number;
  /**
   * Periods of the cosine: 1/2 by default, which ends at zero; with restarts, the number of descents, 1 by
   * default.
   */
  readonly cycles?: number;
  /** Exponent of the polynomial, 1 by default. */
  readonly power?: number;
  /** The final factor of the polynomial, 1e-7 by default. */
  readonly endFactor?: number;
}

/** Returns the factor of the rate at a step, counted from 0. */
type Schedule = (step: number, options: LearningRateOptions) => number;

/** Warms up linearly, then follows `decay`, a function of the completed share of the remaining steps. */
function afterWarmup(decay: (progress: number, options: LearningRateOptions) => number): Schedule {
  return (step, options) => {
    const { warmupSteps, trainingSteps } = options;
    if (step < warmupSteps) return step / warmupSteps;
    return decay((step - warmupSteps) / Math.max(1, trainingSteps - warmupSteps), options);
  };
}

/** Falls from 1 at 0 to 0 at 1. */
function cosineDescent(progress: number): number {
  return (1 + Math.cos(Math.PI * progress)) / 2;
}

const SCHEDULES = {
  constant: () => 1,
  constant_with_warmup: afterWarmup(() => 1),
  linear: afterWarmup((progress) => Math.max(0, 1 - progress)),
  cosine: afterWarmup((progress, { cycles = 0.5 }) => cosineDescent(2 * cycles * progress)),
  cosine_with_restarts: afterWarmup((progress, { cycles = 1 }) =>
    progress < 1 ? cosineDescent((cycles * progress) % 1) : 0,
  ),
  polynomial: afterWarmup(
    (progress, { power = 1, endFactor = 1e-7 }) =>
      (1 - endFactor) * Math.max(0, 1 - progress) ** power + endFactor,
  ),
} as const satisfies Record<string, Schedule>;

export type LearningRateSchedule = keyof typeof SCHEDULES;

export const LEARNING_RATE_SCHEDULES = Object.keys(SCHEDULES) as readonly LearningRateSchedule[];

/** Returns the factor of the learning rate for step 0, 1, ... (`diffusers.optimization.get_scheduler`). */
export function learningRateFactor(
  schedule: LearningRateSchedule,
  step: number,
  options: LearningRateOptions,
): number {
  return SCHEDULES[schedule](step, options);
}
