/**
 * State entries of training, most of them per parameter. All start at zero, except the moving average, which
 * starts as a copy of the parameter, and the loss scale (`initialLossScale`).
 */
export const stateNames = {
  /** Moving average of the gradient. */
  firstMoment: (parameter: string): string => `adamw.exp_avg.${parameter}`,
  /** Moving average of the squared gradient. */
  secondMoment: (parameter: string): string => `adamw.exp_avg_sq.${parameter}`,
  /** Moving average of the parameter. */
  average: (parameter: string): string => `ema.${parameter}`,
  /** Gradient accumulated over micro-batches. */
  gradient: (parameter: string): string => `gradient.${parameter}`,
  /** The loss scale. */
  lossScale: 'loss_scale.scale',
  /** With a loss scale: steps since the scale changed. */
  goodSteps: 'loss_scale.good_steps',
  /** With a loss scale: total steps, not counting skipped ones. */
  steps: 'adamw.step',
} as const;
