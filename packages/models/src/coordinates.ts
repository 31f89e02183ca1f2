/**
 * Returns the horizontal and vertical coordinate of each position, between -1 and 1 at the picture's edges: [2, height, width] flat (CoordConv,
 * Liu et al., arXiv 1807.03247). Convolutions alone can hardly tell the top left corner from the bottom right one.
 */
export function coordinateChannels({
  width,
  height,
}: {
  readonly width: number;
  readonly height: number;
}): Float32Array {
  const place = (index: number, count: number) => (2 * index + 1) / count - 1;
  const area = width * height;
  return Float32Array.from({ length: 2 * area }, (_, i) =>
    i < area ? place(i % width, width) : place(Math.floor((i - area) / width), height),
  );
}
