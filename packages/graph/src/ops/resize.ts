import { FLOAT_TYPES, oneType, type DType } from '../dtype.ts';
import { areCounts, sizeOf } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { cast } from './cast.ts';
import { constant } from './leaf.ts';
import { matmul } from './matmul.ts';
import { reshape } from './movement.ts';
import { sum } from './reduction.ts';

export interface ResizeAttributes {
  readonly height: number;
  readonly width: number;
}

/**
 * Returns the input row (or column) for output position `i`: floor(i input / output), the rule of PyTorch's
 * `interpolate(mode="nearest")` without its rounding to float32, which differs only for a few ratios of large
 * sizes.
 */
export function nearestSource(i: number, inputSize: number, outputSize: number): number {
  return Math.floor((i * inputSize) / outputSize);
}

/** The matrix [output, input] of zeros and ones that resizes one axis. */
function selection(inputSize: number, outputSize: number, dtype: DType): Tensor {
  const values = new Float32Array(outputSize * inputSize);
  for (let i = 0; i < outputSize; i++) values[i * inputSize + nearestSource(i, inputSize, outputSize)] = 1;
  return constant(values, [outputSize, inputSize], dtype);
}

/** Nearest-neighbour resizing of x [N, C, H, W] to any size. */
export const resizeNearestOp: Op<ResizeAttributes> = {
  name: 'resizeNearest',
  shape: ([x], { height, width }, reject) =>
    x.length === 4 && areCounts([height, width], 1)
      ? [x[0], x[1], height, width]
      : reject('needs [N, C, H, W] and a size above zero'),
  dtype: oneType(FLOAT_TYPES),
  gradient: (dy, [x], { height, width }) => {
    const [batch, channels, inputHeight, inputWidth] = x.shape;
    if (height % inputHeight === 0 && width % inputWidth === 0) {
      const blocks = [batch, channels, inputHeight, height / inputHeight, inputWidth, width / inputWidth];
      return [cast(reshape(sum(reshape(dy, blocks), [3, 5]), x.shape), x.dtype)];
    }
    const rows = matmul(selection(inputHeight, height, dy.dtype), dy, { transposeA: true });
    return [matmul(rows, selection(inputWidth, width, dy.dtype))];
  },
  evaluate: ([x], _, { inputs: [shape], output: [batch, channels, height, width] }) => {
    const [, , inputHeight, inputWidth] = shape;
    const y = new Float64Array(sizeOf([batch, channels, height, width]));
    for (let plane = 0; plane < batch * channels; plane++)
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++) {
          const row = nearestSource(i, inputHeight, height);
          const column = nearestSource(j, inputWidth, width);
          y[(plane * height + i) * width + j] = x[(plane * inputHeight + row) * inputWidth + column];
        }
    return y;
  },
};

/** Nearest-neighbour resizing of x [N, C, H, W] to [N, C, height, width]. */
export function resizeNearest(x: Tensor, height: number, width: number): Tensor {
  return node(resizeNearestOp, [x], { height, width });
}
