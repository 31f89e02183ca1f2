import { velocity, type Mixture, type NoiseSchedule } from './noise-schedule.ts';
import type { SchedulerConfig } from './scheduler-config.ts';

/** A training example at a timestep. */
export interface NoisedSample {
  readonly x0: Float32Array;
  readonly noise: Float32Array;
  readonly timestep: number;
  /** The source picture, in the same space. */
  readonly source: Float32Array;
}

/** A linear combination of the network's output F, the sample z and the source picture. */
export interface LinearForm {
  readonly output: number;
  readonly sample: number;
  readonly source: number;
}

/** Returns the combination times a factor. */
export function times(factor: number, { output, sample, source }: LinearForm): LinearForm {
  return { output: factor * output, sample: factor * sample, source: factor * source };
}

/** A parametrization: what the network F predicts about z = alpha x0 + sigma epsilon (Salimans and Ho, arXiv 2202.00512, section 4). */
export interface Prediction {
  /** The target for F. */
  readonly target: (schedule: NoiseSchedule, sample: NoisedSample) => Float32Array;
  readonly x0: (mixture: Mixture) => LinearForm;
  readonly epsilon: (mixture: Mixture) => LinearForm;
  /** The squared error of F is the squared error of x0 times this. */
  readonly weight: (mixture: Mixture) => number;
}

/**
 * The parametrizations. At zero terminal SNR, where alpha is 0, only `epsilon` divides by zero, and the configuration rejects it. sigma is
 * never 0, as no beta is.
 */
export const PREDICTIONS: Record<SchedulerConfig['prediction_type'] | 'residual', Prediction> = {
  epsilon: {
    target: (_, { noise }) => noise,
    x0: ({ alpha, sigma }) => ({ output: -sigma / alpha, sample: 1 / alpha, source: 0 }),
    epsilon: () => ({ output: 1, sample: 0, source: 0 }),
    weight: ({ alpha, sigma }) => alpha ** 2 / sigma ** 2,
  },
  v_prediction: {
    target: (schedule, { x0, noise, timestep }) => velocity(schedule, x0, noise, timestep),
    x0: ({ alpha, sigma }) => ({ output: -sigma, sample: alpha, source: 0 }),
    epsilon: ({ alpha, sigma }) => ({ output: alpha, sample: sigma, source: 0 }),
    weight: ({ sigma }) => 1 / sigma ** 2,
  },
  sample: {
    target: (_, { x0 }) => x0,
    x0: () => ({ output: 1, sample: 0, source: 0 }),
    epsilon: ({ alpha, sigma }) => ({ output: -alpha / sigma, sample: 1 / sigma, source: 0 }),
    weight: () => 1,
  },
  // Not in diffusers: the network predicts the difference between sample and source picture.
  residual: {
    target: (_, { x0, source }) => x0.map((value, i) => value - source[i]),
    x0: () => ({ output: 1, sample: 0, source: 1 }),
    epsilon: ({ alpha, sigma }) => ({ output: -alpha / sigma, sample: 1 / sigma, source: -alpha / sigma }),
    weight: () => 1,
  },
};

/** Returns the parametrization of a configuration. */
export function predictionOf({ residual, prediction_type }: SchedulerConfig): Prediction {
  return PREDICTIONS[residual ? 'residual' : prediction_type];
}

/** Returns the target of the mean squared error for an example. */
export function trainingTarget(schedule: NoiseSchedule, sample: NoisedSample): Float32Array {
  return predictionOf(schedule.config).target(schedule, sample);
}
