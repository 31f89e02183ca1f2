/**
 * The state entries that training keeps beside each parameter. All of them start at zero, but the moving
 * average, which starts as a copy of the parameter.
 */
export const stateNames = {
  /** Moving average of the gradient. */
  firstMoment: (parameter: string): string => `adamw.exp_avg.${parameter}`,
  /** Moving average of the squared gradient. */
  secondMoment: (parameter: string): string => `adamw.exp_avg_sq.${parameter}`,
  /** Moving average of the parameter. */
  average: (parameter: string): string => `ema.${parameter}`,
  /** Gradient summed up over micro-batches. */
  gradient: (parameter: string): string => `gradient.${parameter}`,
} as const;
