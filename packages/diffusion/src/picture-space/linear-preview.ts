import { shrinkPicture, type Picture } from '@rewardedit/data';
import type { Preview } from './picture-space.ts';

/** Keeps the equations solvable for a picture of a single colour, without a visible effect elsewhere. */
const RIDGE = 1e-4;

/**
 * Previews latents by a linear map from their channels to colours, one pixel per position. The map is the least-squares fit to a picture
 * with a known latent, so it suits any autoencoder.
 *
 * @param latent of the picture in the scale of samples, [channels, H / multiple, W / multiple] flat.
 */
export function linearPreview(picture: Picture, latent: Float32Array, multiple: number): Preview {
  const small = shrinkPicture(picture, multiple);
  const { width, height } = small;
  const positions = width * height;
  const channels = latent.length / positions;
  /** The channels at a position, followed by a 1 for the constant term. */
  const at = (values: Float32Array, position: number) =>
    Array.from({ length: channels + 1 }, (_, c) => (c === channels ? 1 : values[c * positions + position]));

  const equations = Array.from({ length: channels + 1 }, () => Array.from({ length: channels + 4 }, () => 0));
  for (let position = 0; position < positions; position++) {
    const known = at(latent, position);
    const row = [...known, ...small.data.subarray(3 * position, 3 * position + 3)];
    for (const [i, equation] of equations.entries())
      for (const [j, value] of row.entries()) equation[j] += (known[i] * value) / positions;
  }
  for (const [i, equation] of equations.entries()) equation[i] += RIDGE;
  const map = solved(equations, channels + 1);

  return {
    decoded: 'a linear map of the latent',
    draw: (sample) => {
      const data = new Uint8ClampedArray(3 * positions);
      for (let position = 0; position < positions; position++) {
        const known = at(sample, position);
        for (let colour = 0; colour < 3; colour++)
          data[3 * position + colour] = known.reduce((sum, value, i) => sum + value * map[i][colour], 0);
      }
      return { width, height, data: new Uint8Array(data.buffer) };
    },
  };
}

/** Solves equations, each a row of `count` coefficients and the right-hand sides, by Gauss-Jordan elimination. Returns the unknowns row by row. */
function solved(equations: number[][], count: number): number[][] {
  for (let pivot = 0; pivot < count; pivot++) {
    const rest = equations.slice(pivot);
    const largest = rest.reduce((a, b) => (Math.abs(b[pivot]) > Math.abs(a[pivot]) ? b : a));
    const swapped = equations.indexOf(largest);
    [equations[pivot], equations[swapped]] = [equations[swapped], equations[pivot]];
    const divisor = equations[pivot][pivot];
    equations[pivot] = equations[pivot].map((value) => value / divisor);
    for (const [i, equation] of equations.entries()) {
      const factor = equation[pivot];
      if (i !== pivot) equations[i] = equation.map((value, j) => value - factor * equations[pivot][j]);
    }
  }
  return equations.map((equation) => equation.slice(count));
}
