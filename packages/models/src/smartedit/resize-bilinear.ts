import { constant, matmul, reshape, transpose, type Tensor } from '@rewardedit/graph';

/**
 * Resizes x [B, C, H, W] bilinearly, with one matrix product per axis (PyTorch's `interpolate` with `align_corners=False` and without
 * antialiasing).
 */
export function resizeBilinear(x: Tensor, height: number, width: number): Tensor {
  const [batch, channels, fromHeight, fromWidth] = x.shape;
  const images = batch * channels;
  const turned = (h: Tensor) => transpose(h, [0, 2, 1]);
  const wide = alongLast(reshape(x, [images, fromHeight, fromWidth]), width);
  return reshape(turned(alongLast(turned(wide), height)), [batch, channels, height, width]);
}

/** Resizes the last axis of x [images, lines, from]. */
function alongLast(x: Tensor, to: number): Tensor {
  const [images, lines, from] = x.shape;
  const weights = constant(bilinearWeights(from, to), [from, to], x.dtype);
  return reshape(matmul(reshape(x, [images * lines, from]), weights), [images, lines, to]);
}

/**
 * Returns the interpolation weights of one axis, [from, to] flat. The source coordinate of position i is (i + 0.5) from / to - 0.5, clamped to
 * the axis.
 */
function bilinearWeights(from: number, to: number): Float32Array {
  const weights = new Float32Array(from * to);
  for (let i = 0; i < to; i++) {
    const place = Math.max(((i + 0.5) * from) / to - 0.5, 0);
    const lower = Math.min(Math.floor(place), from - 1);
    const upper = Math.min(lower + 1, from - 1);
    const share = place - lower;
    weights[lower * to + i] += 1 - share;
    weights[upper * to + i] += share;
  }
  return weights;
}
