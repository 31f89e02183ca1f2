import type { NoiseSchedule } from '../noise-schedule.ts';

/** A way from noise to a picture in some steps, each with one output of the network. */
export interface Sampler {
  /** What the network is told at each step; may be fractional. */
  readonly timesteps: Float32Array;
  /** The standard deviation of the noise that a run starts from. */
  readonly initialSigma: number;
  /** The sample as the network takes it. */
  scaleInput(sample: Float32Array, step: number): Float32Array;
  /** Whether a step draws noise. */
  needsNoise(step: number): boolean;
  /** The sample after a step. */
  step(options: SamplerStep): Float32Array;
}

export interface SamplerStep {
  /** Number of the step, 0 first. */
  readonly step: number;
  /** What the network said, guidance applied. */
  readonly output: Float32Array;
  readonly sample: Float32Array;
  /** Standard normal numbers, where `needsNoise` says so. */
  readonly noise?: Float32Array | undefined;
  /** The picture that is edited, for networks that predict a difference to it. */
  readonly source?: Float32Array | undefined;
}

/** @throws RewardEditError 'bad-input' for a number of steps that the schedule does not have. */
export type CreateSampler = (schedule: NoiseSchedule, steps: number) => Sampler;

/** The noise of a step that draws some. */
export function drawnNoise({ step, noise }: SamplerStep): Float32Array {
  if (noise) return noise;
  throw new Error(`Step ${step} draws noise, and was given none.`);
}
