import type { NoiseSchedule } from '../noise-schedule.ts';
import type { LinearForm } from '../prediction.ts';

/**
 * A solver from noise to a picture, with one evaluation of the network per step. A sampler is a table of numbers: every step is the same
 * sum (`samplerStep`) with its own factors.
 */
export interface Sampler {
  /** Timesteps for the network, one per step; possibly fractional. */
  readonly timesteps: Float32Array;
  /** Standard deviation of the initial noise. */
  readonly initialSigma: number;
  /** Number of tensors, initially zero, that a step carries over to the next. */
  readonly memories: number;
  readonly steps: readonly SamplerStep[];
}

/** The factors of one step from the sample x. */
export interface SamplerStep {
  /** The network's input is x times this. */
  readonly inputScale: number;
  /** x0 as predicted by the network. */
  readonly picture: LinearForm;
  /** x0 is clipped to [-limit, limit]; may be infinite. */
  readonly limit: number;
  /** The next sample. */
  readonly next: StepSum;
  /** The memories to carry over, by index; 0 if missing. */
  readonly remembered?: readonly StepSum[] | undefined;
}

/** A linear combination of the network's output, the sample, the source, x0, fresh noise and the memories. */
export interface StepSum extends Partial<LinearForm> {
  readonly picture?: number;
  readonly noise?: number;
  /** By index of the memory. */
  readonly memory?: readonly number[];
}

export interface SamplerOptions {
  /** DDIM's share of fresh noise: 0 (default) is deterministic, 1 is DDPM. Other samplers ignore it. */
  readonly eta?: number | undefined;
}

/** Throws RewardEditError 'bad-input' if the sampler does not support the number of steps or the configuration. */
export type CreateSampler = (schedule: NoiseSchedule, steps: number, options?: SamplerOptions) => Sampler;

/** Returns whether any step adds noise. */
export function drawsNoise({ steps }: Sampler): boolean {
  return steps.some(({ next }) => (next.noise ?? 0) !== 0);
}
