/** Signal at a timestep that has none: keeps its noise level finite, as diffusers does. */
const LEAST_SIGNAL = 2 ** -24;

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
