/**
 * The state entries that training keeps, most of them beside each parameter. All of them start at zero, but the
 * moving average, which starts as a copy of the parameter, and the factor of the loss (`initialLossScale`).
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
  /** Where the loss is scaled: its factor. */
  lossScale: 'loss_scale.scale',
  /** Where the loss is scaled: steps taken since the factor changed. */
  goodSteps: 'loss_scale.good_steps',
  /** Where the loss is scaled: steps taken in all, which those that were skipped are not among. */
  steps: 'adamw.step',
} as const;
