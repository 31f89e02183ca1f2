import { shrinkPicture, type Picture } from '@rewardedit/data';
import { solvedEquations } from '../linear-equations.ts';
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
  const map = solvedEquations(equations, channels + 1);

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
