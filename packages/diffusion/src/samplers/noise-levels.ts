import type { NoiseSchedule } from '../noise-schedule.ts';
import { spacedTimesteps } from './timesteps.ts';

/** Signal at a timestep that has none: keeps its noise level finite, as diffusers does. */
const LEAST_SIGNAL = 2 ** -24;
/** How much more densely low levels are spaced (Karras et al., arXiv 2206.00364, equation 5). */
const KARRAS_RHO = 7;

/**
 * The noise level s = sigma / alpha of every timestep (Karras et al., arXiv 2206.00364): what remains of z once its picture is
 * brought to full size, z / alpha = x0 + s epsilon.
 */
export function noiseLevels(alphasCumprod: Float32Array): Float32Array {
  return alphasCumprod
    .map((alphaBar) => Math.max(alphaBar, LEAST_SIGNAL))
    .map((alphaBar) => Math.fround(1 - alphaBar) / alphaBar)
    .map(Math.sqrt);
}

/** The parts of z = alpha x0 + sigma epsilon at a noise level. */
export function mixtureAtLevel(s: number): { alpha: number; sigma: number } {
  const alpha = 1 / Math.sqrt(s ** 2 + 1);
  return { alpha, sigma: s * alpha };
}

/** The timesteps of Euler's methods, the level of each and 0 behind them, and the deviation of the noise at the start. */
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
    // The last step leads to no noise at all.
    levels: Float32Array.from([...levels, 0]),
    initialSigma: Math.fround(spacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest),
  };
}

/** Levels from the largest to the least, spaced evenly in the root of that order. */
export function karrasLevels(largest: number, least: number, steps: number): number[] {
  const [from, to] = [largest ** (1 / KARRAS_RHO), least ** (1 / KARRAS_RHO)];
  return Array.from(
    { length: steps },
    (_, i) => (from + (steps === 1 ? 0 : i / (steps - 1)) * (to - from)) ** KARRAS_RHO,
  );
}

/** The table's level at a timestep, on the straight line between two entries. */
function levelAt(table: Float32Array, position: number): number {
  const below = Math.floor(position);
  const above = Math.min(below + 1, table.length - 1);
  return table[below] + (table[above] - table[below]) * (position - below);
}

/** The fractional timestep that has a level, on the straight line between the logarithms of two entries. */
export function timestepAt(table: Float32Array, level: number): number {
  const logarithms = table.map(Math.log);
  const wanted = Math.log(Math.max(level, 1e-10));
  const above = logarithms.findIndex((each) => each > wanted);
  const below = Math.min(Math.max((above === -1 ? table.length : above) - 1, 0), table.length - 2);
  const [low, high] = [logarithms[below], logarithms[below + 1]];
  return below + Math.min(Math.max((low - wanted) / (low - high), 0), 1);
}
