import type { NoiseSchedule } from '../noise-schedule.ts';
import { decompose } from '../prediction.ts';
import { drawnNoise, type Sampler } from './sampler.ts';
import { spacedTimesteps } from './timesteps.ts';

/** Signal at a timestep that has none: keeps its noise level finite, as diffusers does. */
const LEAST_SIGNAL = 2 ** -24;

/**
 * Euler's method with noise drawn at each step (Karras et al., arXiv 2206.00364, in the ancestral form of k-diffusion), equal to
 * diffusers' `EulerAncestralDiscreteScheduler`, which never clips. Samples are x = x0 + s epsilon: in terms of the schedule,
 * x = z / alpha and s = sigma / alpha.
 */
export function eulerAncestral({ config, alphasCumprod }: NoiseSchedule, steps: number): Sampler {
  const spacing = config.timestep_spacing ?? 'linspace';
  const timesteps = spacedTimesteps(config, spacing, steps);
  const table = alphasCumprod
    .map((alphaBar) => Math.max(alphaBar, LEAST_SIGNAL))
    .map((alphaBar) => Math.fround(1 - alphaBar) / alphaBar)
    .map(Math.sqrt);
  // The last step leads to no noise at all.
  const levels = Float32Array.from([...timesteps.map((t) => interpolate(table, Math.fround(t))), 0]);
  const largest = levels[0];
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma: Math.fround(spacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest),
    scaleInput: (sample, step) => sample.map((x) => x / Math.sqrt(levels[step] ** 2 + 1)),
    needsNoise: (step) => levels[step + 1] > 0,
    step(options) {
      const [s, next] = [levels[options.step], levels[options.step + 1]];
      const alpha = 1 / Math.sqrt(s ** 2 + 1);
      const z = options.sample.map((x) => alpha * x);
      const { x0 } = decompose(config, { ...options, z, mixture: { alpha, sigma: s * alpha } });
      // next^2 = up^2 + down^2: so much noise is drawn anew, and so much is left by the step of Euler's method.
      const up = Math.sqrt((next ** 2 * (s ** 2 - next ** 2)) / s ** 2);
      const down = next ** 2 / s;
      const noise = up > 0 ? drawnNoise(options) : undefined;
      return options.sample.map((x, i) => {
        const derivative = (x - x0[i]) / s;
        return x + derivative * (down - s) + (noise ? up * noise[i] : 0);
      });
    },
  };
}

/** The table's value at a position, on the straight line between two entries. */
function interpolate(table: Float32Array, position: number): number {
  const below = Math.floor(position);
  const above = Math.min(below + 1, table.length - 1);
  return table[below] + (table[above] - table[below]) * (position - below);
}
