import type { NoiseSchedule } from '../noise-schedule.ts';
import type { LinearForm } from '../prediction.ts';

/**
 * A way from noise to a picture in some steps, each with one output of the network. A sampler is numbers: what a step computes is
 * the same for all of them (`samplerStep`), and each says by which factors.
 */
export interface Sampler {
  /** What the network is told at each step; may be fractional. */
  readonly timesteps: Float32Array;
  /** The standard deviation of the noise that a run starts from. */
  readonly initialSigma: number;
  readonly steps: readonly SamplerStep[];
}

/** The factors of one step from the sample x. */
export interface SamplerStep {
  /** The network is shown x times this. */
  readonly inputScale: number;
  /** The picture x0 that the network's output stands for. */
  readonly picture: LinearForm;
  /** x0 is kept within this distance from zero, which may be infinite. */
  readonly limit: number;
  /** The next sample: a sum of these, with x0, the x0 of the step before, and noise that is drawn. */
  readonly next: LinearForm & {
    readonly picture: number;
    readonly earlierPicture: number;
    readonly noise: number;
  };
}

/** @throws RewardEditError 'bad-input' for a number of steps that the schedule does not have. */
export type CreateSampler = (schedule: NoiseSchedule, steps: number) => Sampler;

/** Whether any step draws noise. */
export function drawsNoise({ steps }: Sampler): boolean {
  return steps.some(({ next }) => next.noise !== 0);
}

/** Whether any step looks back at the picture of the step before. */
export function looksBack({ steps }: Sampler): boolean {
  return steps.some(({ next }) => next.earlierPicture !== 0);
}
