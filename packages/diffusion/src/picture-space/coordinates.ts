import type { PictureSize } from '@rewardedit/data';

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
