import { velocity, type Mixture, type NoiseSchedule, type SchedulerConfig } from './noise-schedule.ts';

/** What is known about a training example at a timestep. */
export interface NoisedSample {
  readonly x0: Float32Array;
  readonly noise: Float32Array;
  readonly timestep: number;
  /** The picture that is edited, in the same space. */
  readonly source: Float32Array;
}

/** For each thing that a network may predict: what it should have predicted, and what its prediction says about the picture. */
interface Prediction {
  target(schedule: NoiseSchedule, sample: NoisedSample): Float32Array;
  /** The picture, from the network's output F and the sample x = alpha x0 + sigma noise. */
  x0(output: number, x: number, mixture: Mixture): number;
}

const PREDICTIONS: Record<SchedulerConfig['prediction_type'], Prediction> = {
  epsilon: {
    target: (_, { noise }) => noise,
    x0: (output, x, { alpha, sigma }) => (x - sigma * output) / alpha,
  },
  v_prediction: {
    target: (schedule, { x0, noise, timestep }) => velocity(schedule, x0, noise, timestep),
    x0: (output, x, { alpha, sigma }) => alpha * x - sigma * output,
  },
  sample: {
    target: (_, { x0 }) => x0,
    x0: (output) => output,
  },
};

/** What the network is to predict for an example: the target of the mean squared error. */
export function trainingTarget(schedule: NoiseSchedule, sample: NoisedSample): Float32Array {
  const { prediction_type, residual } = schedule.config;
  const target = PREDICTIONS[prediction_type].target(schedule, sample);
  return residual ? target.map((value, i) => value - sample.source[i]) : target;
}

/** The picture and the noise that a prediction says a sample consists of. */
export interface Decomposition {
  readonly x0: Float32Array;
  readonly noise: Float32Array;
}

/**
 * Takes a sample apart. The noise follows from the picture as it was predicted, before it is clipped, as diffusers does it.
 *
 * @param source the picture that is edited; added to the prediction of networks that predict a difference.
 */
export function decompose(
  { prediction_type, residual, clip_sample, clip_sample_range: limit }: SchedulerConfig,
  { output, x, mixture, source }: { output: Float32Array; x: Float32Array; mixture: Mixture; source: Float32Array | undefined },
): Decomposition {
  if (residual && !source) throw new Error('decompose: a network that predicts a difference needs the source.');
  const predict = PREDICTIONS[prediction_type].x0;
  const predicted = output.map((value, i) => predict(value, x[i], mixture) + (residual && source ? source[i] : 0));
  const noise = predicted.map((value, i) =>
    // Dividing by sigma is safe: no schedule has a timestep without noise.
    prediction_type === 'epsilon' ? output[i] : (x[i] - mixture.alpha * value) / mixture.sigma,
  );
  const x0 = clip_sample ? predicted.map((value) => Math.min(Math.max(value, -limit), limit)) : predicted;
  return { x0, noise };
}

