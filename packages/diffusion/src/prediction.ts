import { velocity, type Mixture, type NoiseSchedule } from './noise-schedule.ts';
import type { SchedulerConfig } from './scheduler-config.ts';

/** What is known about a training example at a timestep. */
export interface NoisedSample {
  readonly x0: Float32Array;
  readonly noise: Float32Array;
  readonly timestep: number;
  /** The picture that is edited, in the same space. */
  readonly source: Float32Array;
}

/**
 * One of the things that a network F may predict about z = alpha x0 + sigma epsilon (Salimans and Ho, arXiv 2202.00512,
 * section 4). Numbers are single values of the arrays; `source` is the one of the picture that is edited.
 */
export interface Prediction {
  /** What F should have been. */
  readonly target: (schedule: NoiseSchedule, sample: NoisedSample) => Float32Array;
  readonly x0: (F: number, z: number, mixture: Mixture, source: number) => number;
  readonly epsilon: (F: number, z: number, mixture: Mixture, source: number) => number;
  /** A plain squared error of F is the squared error of x0 times this. */
  readonly weight: (mixture: Mixture) => number;
}

/**
 * All of them. At zero terminal SNR, where alpha is 0, only `epsilon` divides by zero, which the configuration refuses; sigma is
 * never 0, as no beta is.
 */
export const PREDICTIONS: Record<SchedulerConfig['prediction_type'] | 'residual', Prediction> = {
  epsilon: {
    target: (_, { noise }) => noise,
    x0: (F, z, { alpha, sigma }) => (z - sigma * F) / alpha,
    epsilon: (F) => F,
    weight: ({ alpha, sigma }) => alpha ** 2 / sigma ** 2,
  },
  v_prediction: {
    target: (schedule, { x0, noise, timestep }) => velocity(schedule, x0, noise, timestep),
    x0: (F, z, { alpha, sigma }) => alpha * z - sigma * F,
    epsilon: (F, z, { alpha, sigma }) => alpha * F + sigma * z,
    weight: ({ sigma }) => 1 / sigma ** 2,
  },
  sample: {
    target: (_, { x0 }) => x0,
    x0: (F) => F,
    epsilon: (F, z, { alpha, sigma }) => (z - alpha * F) / sigma,
    weight: () => 1,
  },
  // Ours: the sample, but the source picture is added outside the network.
  residual: {
    target: (_, { x0, source }) => x0.map((value, i) => value - source[i]),
    x0: (F, _z, _mixture, source) => source + F,
    epsilon: (F, z, { alpha, sigma }, source) => (z - alpha * (source + F)) / sigma,
    weight: () => 1,
  },
};

function predictionOf({ residual, prediction_type }: SchedulerConfig): Prediction {
  return PREDICTIONS[residual ? 'residual' : prediction_type];
}

/** What the network is to predict for an example: the target of the mean squared error. */
export function trainingTarget(schedule: NoiseSchedule, sample: NoisedSample): Float32Array {
  return predictionOf(schedule.config).target(schedule, sample);
}

/** The picture and the noise that a network says a sample consists of. */
export interface Decomposition {
  readonly x0: Float32Array;
  readonly epsilon: Float32Array;
}

/**
 * Takes the sample z apart, by the network's output for it.
 *
 * @param source the picture that is edited, as long as the sample; only needed with `residual`.
 */
export function decompose(
  config: SchedulerConfig,
  {
    output,
    z,
    mixture,
    source,
  }: { output: Float32Array; z: Float32Array; mixture: Mixture; source?: Float32Array | undefined },
): Decomposition {
  if (config.residual && source?.length !== output.length) {
    throw new Error(`A network that predicts a residual needs a source of ${output.length} values.`);
  }
  const prediction = predictionOf(config);
  const sourceAt = (i: number) => source?.[i] ?? 0;
  return {
    x0: output.map((F, i) => prediction.x0(F, z[i], mixture, sourceAt(i))),
    epsilon: output.map((F, i) => prediction.epsilon(F, z[i], mixture, sourceAt(i))),
  };
}
