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
  /** How many tensors, zero at first, a step remembers for the next. */
  readonly memories: number;
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
  /** The next sample. */
  readonly next: StepSum;
  /** What is remembered, by number; all of it is 0 where nothing is said. */
  readonly remembered?: readonly StepSum[] | undefined;
}

/** A sum of what a step has at hand: the network's output, the sample, the source, x0, drawn noise, and what was remembered. */
export interface StepSum extends Partial<LinearForm> {
  readonly picture?: number;
  readonly noise?: number;
  /** By number of the memory. */
  readonly memory?: readonly number[];
}

export interface SamplerOptions {
  /** DDIM's share of noise that is drawn anew: 0, the default, is deterministic, 1 is DDPM. Other samplers have none. */
  readonly eta?: number | undefined;
}

/** @throws RewardEditError 'bad-input' for a number of steps, or a configuration, that the sampler does not have. */
export type CreateSampler = (schedule: NoiseSchedule, steps: number, options?: SamplerOptions) => Sampler;

/** Whether any step draws noise. */
export function drawsNoise({ steps }: Sampler): boolean {
  return steps.some(({ next }) => (next.noise ?? 0) !== 0);
}
