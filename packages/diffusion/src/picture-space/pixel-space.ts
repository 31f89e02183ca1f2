import type { Picture } from '@rewardedit/data';
import { reshape, transpose } from '@rewardedit/graph';
import type { PictureSpace } from './picture-space.ts';

/**
 * Returns the space of models without an autoencoder: squares of `patch` by `patch` pixels become channels, [B, 3, H, W] to [B, 3 patch^2,
 * H / patch, W / patch], in the order of PyTorch's `pixel_unshuffle`.
 */
export function pixelSpace(patch: number): PictureSpace {
  const channels = 3 * patch ** 2;
  return {
    kind: 'pixels',
    channels,
    multiple: patch,
    encode: (_, pixels) => {
      const [batch, , height, width] = pixels.shape;
      const [rows, columns] = [height / patch, width / patch];
      const squares = reshape(pixels, [batch, 3, rows, patch, columns, patch]);
      const mode = reshape(transpose(squares, [0, 1, 3, 5, 2, 4]), [batch, channels, rows, columns]);
      return { mode, sample: () => mode };
    },
    decode: (_, sample) => {
      const [batch, , rows, columns] = sample.shape;
      const squares = transpose(reshape(sample, [batch, 3, patch, patch, rows, columns]), [0, 1, 4, 2, 5, 3]);
      return reshape(squares, [batch, 3, rows * patch, columns * patch]);
    },
    preview: ({ picture: { width, height } }) => ({
      draw: (sample) => fromPixelSpace(sample, width, height, patch),
    }),
  };
}

/** Encodes a picture in pixel space on the host: [3 patch^2, H / patch, W / patch] flat, in [-1, 1]. */
export function toPixelSpace({ width, height, data }: Picture, patch: number): Float32Array {
  const values = new Float32Array(data.length);
  forEachPixelChannel(width, height, patch, (inPicture, inSpace) => {
    values[inSpace] = data[inPicture] / 127.5 - 1;
  });
  return values;
}

/** Decodes such values to a picture of width and height in pixels; values outside [-1, 1] are clamped. */
export function fromPixelSpace(values: Float32Array, width: number, height: number, patch: number): Picture {
  const data = new Uint8Array(values.length);
  forEachPixelChannel(width, height, patch, (inPicture, inSpace) => {
    data[inPicture] = Math.round((Math.min(Math.max(values[inSpace], -1), 1) + 1) * 127.5);
  });
  return { width, height, data };
}

function forEachPixelChannel(
  width: number,
  height: number,
  patch: number,
  visit: (inPicture: number, inSpace: number) => void,
): void {
  const [columns, rows] = [width / patch, height / patch];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let colour = 0; colour < 3; colour++) {
        const channel = (colour * patch + (y % patch)) * patch + (x % patch);
        const position = Math.floor(y / patch) * columns + Math.floor(x / patch);
        visit((y * width + x) * 3 + colour, channel * rows * columns + position);
      }
}
