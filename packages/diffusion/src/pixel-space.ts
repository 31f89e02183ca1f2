import type { Picture, PictureSize } from '@rewardedit/data';

/**
 * The space of models without an autoencoder: a picture [3, H, W] in -1..1 whose squares of `patch` by `patch` pixels are
 * gathered into channels, [3 patch^2, H / patch, W / patch]. Channels are in the order of PyTorch's `pixel_unshuffle`.
 */
export function toPixelSpace({ width, height, data }: Picture, patch: number): Float32Array {
  const values = new Float32Array(data.length);
  forEachPixelChannel(width, height, patch, (inPicture, inSpace) => {
    values[inSpace] = data[inPicture] / 127.5 - 1;
  });
  return values;
}

/** The picture of width and height in pixels that such values show; what lies outside -1..1 is cut off. */
export function fromPixelSpace(values: Float32Array, width: number, height: number, patch: number): Picture {
  const data = new Uint8Array(values.length);
  forEachPixelChannel(width, height, patch, (inPicture, inSpace) => {
    data[inPicture] = Math.round((Math.min(Math.max(values[inSpace], -1), 1) + 1) * 127.5);
  });
  return { width, height, data };
}

/**
 * Where each position of the space is, across and down, from -1 to 1 between the edges of the picture: [2, height, width] flat
 * (CoordConv, Liu et al., arXiv 1807.03247). Convolutions alone hardly know the top left corner from the bottom right one.
 */
export function coordinateChannels({ width, height }: PictureSize): Float32Array {
  const place = (index: number, count: number) => (2 * index + 1) / count - 1;
  const area = width * height;
  return Float32Array.from({ length: 2 * area }, (_, i) =>
    i < area ? place(i % width, width) : place(Math.floor((i - area) / width), height),
  );
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
