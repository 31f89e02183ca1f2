import type { NoiseSchedule } from '../noise-schedule.ts';
import { spacedTimesteps } from './timesteps.ts';

/** alphaBar at a timestep with zero signal: keeps its noise level finite, as in diffusers. */
const LEAST_SIGNAL = 2 ** -24;
/** rho: how much denser low noise levels are spaced (Karras et al., arXiv 2206.00364, equation 5). */
const KARRAS_RHO = 7;

/**
 * Returns the noise level s = sigma / alpha of every timestep (Karras et al., arXiv 2206.00364): the noise in a sample scaled so that its
 * signal is x0, z / alpha = x0 + s epsilon.
 */
export function noiseLevels(alphasCumprod: Float32Array): Float32Array {
  return alphasCumprod
    .map((alphaBar) => Math.max(alphaBar, LEAST_SIGNAL))
    .map((alphaBar) => Math.fround(1 - alphaBar) / alphaBar)
    .map(Math.sqrt);
}

/** Returns alpha and sigma at a noise level. */
export function mixtureAtLevel(s: number): { alpha: number; sigma: number } {
  const alpha = 1 / Math.sqrt(s ** 2 + 1);
  return { alpha, sigma: s * alpha };
}

/** Returns the timesteps of Euler's methods, their noise levels followed by 0, and the standard deviation of the initial noise. */
export function spacedLevels(
  { config, alphasCumprod }: Pick<NoiseSchedule, 'config' | 'alphasCumprod'>,
  steps: number,
): { timesteps: number[]; levels: Float32Array; initialSigma: number } {
  const spacing = config.timestep_spacing ?? 'linspace';
  const table = noiseLevels(alphasCumprod);
  let timesteps = spacedTimesteps(config, spacing, steps);
  let levels = timesteps.map((t) => levelAt(table, Math.fround(t)));
  if (config.use_karras_sigmas) {
    levels = karrasLevels(levels[0], levels[levels.length - 1], steps);
    timesteps = levels.map((level) => timestepAt(table, level));
  }
  const largest = Math.fround(levels[0]);
  return {
    timesteps,
    // The last step ends at zero noise.
    levels: Float32Array.from([...levels, 0]),
    initialSigma: Math.fround(spacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest),
  };
}

/** Returns noise levels from the largest to the smallest, evenly spaced in their rho-th root. */
export function karrasLevels(largest: number, least: number, steps: number): number[] {
  const [from, to] = [largest ** (1 / KARRAS_RHO), least ** (1 / KARRAS_RHO)];
  return Array.from(
    { length: steps },
    (_, i) => (from + (steps === 1 ? 0 : i / (steps - 1)) * (to - from)) ** KARRAS_RHO,
  );
}

/** Interpolates the table linearly at a fractional timestep. */
function levelAt(table: Float32Array, position: number): number {
  const below = Math.floor(position);
  const above = Math.min(below + 1, table.length - 1);
  return table[below] + (table[above] - table[below]) * (position - below);
}

/** Returns the fractional timestep of a noise level, interpolating the table's logarithms linearly. */
export function timestepAt(table: Float32Array, level: number): number {
  const logarithms = table.map(Math.log);
  const wanted = Math.log(Math.max(level, 1e-10));
  const above = logarithms.findIndex((each) => each > wanted);
  const below = Math.min(Math.max((above === -1 ? table.length : above) - 1, 0), table.length - 2);
  const [low, high] = [logarithms[below], logarithms[below + 1]];
  return below + Math.min(Math.max((low - wanted) / (low - high), 0), 1);
}
