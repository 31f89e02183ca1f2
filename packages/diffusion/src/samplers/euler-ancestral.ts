import type { NoiseSchedule } from '../noise-schedule.ts';
import { decompose } from '../prediction.ts';
import type { Sampler } from './sampler.ts';
import { spacedTimesteps } from './timesteps.ts';

/** Signal at a timestep that has none: keeps its noise level finite, as diffusers does. */
const LEAST_SIGNAL = 2 ** -24;

/**
 * Euler steps with noise drawn at each (Karras et al., arXiv 2206.00364, in the ancestral form of k-diffusion), equal to diffusers'
 * `EulerAncestralDiscreteScheduler`. Samples are x0 + sigma noise here, so that sigma alone says where a step stands.
 */
export function eulerAncestral({ config, alphasCumprod }: NoiseSchedule, steps: number): Sampler {
  const table = alphasCumprod.map((alpha) => {
    const signal = Math.max(alpha, LEAST_SIGNAL);
    return Math.sqrt((1 - signal) / signal);
  });
  const timesteps = spacedTimesteps(config, steps);
  const sigmas = [...timesteps.map((timestep) => interpolate(table, timestep)), 0];
  const largest = Math.max(...sigmas);
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma: config.timestep_spacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest,
    scaleInput: (sample, step) => sample.map((value) => value / Math.sqrt(sigmas[step] ** 2 + 1)),
    needsNoise: () => true,
    step({ step, output, sample, noise, source }) {
      const [from, to] = [sigmas[step], sigmas[step + 1]];
      const alpha = 1 / Math.sqrt(from ** 2 + 1);
      const x = sample.map((value) => value * alpha);
      const { x0 } = decompose(config, { output, x, mixture: { alpha, sigma: from * alpha }, source });
      const up = Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2);
      const down = Math.sqrt(to ** 2 - up ** 2);
      return sample.map((value, i) => {
        const slope = (value - x0[i]) / from;
        return value + slope * (down - from) + (noise ? noise[i] * up : 0);
      });
    },
  };
}

/** The table's value at a position between two entries. */
function interpolate(table: Float64Array, position: number): number {
  const below = Math.floor(position);
  const above = Math.min(below + 1, table.length - 1);
  return table[below] + (table[above] - table[below]) * (position - below);
}
