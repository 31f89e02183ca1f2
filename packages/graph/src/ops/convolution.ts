import { FLOAT_TYPES, oneType } from '../dtype.ts';
import { areCounts, formatShape, sameShape, sizeOf, type Shape } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';

export interface ConvolutionAttributes {
  /** Stride of the windows along height and width. */
  readonly stride: number;
  /** Rows and columns of zeros added at the top, left, bottom and right. */
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
}

/** The two gradient ops need the shape of their output: several sizes have the same number of windows. */
export interface ConvolutionGradientAttributes extends ConvolutionAttributes {
  /** The shape of the operand that the gradient is with respect to. */
  readonly shape: Shape;
}

/** The output shape of the convolution of x [N, C, H, W] with w [O, C, KH, KW]. */
function outputShape(x: Shape, w: Shape, { stride, padding }: ConvolutionAttributes): Shape {
  const [top, left, bottom, right] = padding;
  const windows = (size: number, kernel: number) => Math.floor((size - kernel) / stride) + 1;
  return [x[0], w[0], windows(x[2] + top + bottom, w[2]), windows(x[3] + left + right, w[3])];
}

function checked(
  x: Shape,
  w: Shape,
  attributes: ConvolutionAttributes,
  reject: (reason: string) => never,
): Shape {
  if (x.length !== 4 || w.length !== 4)
    return reject('needs x as [N, C, H, W] and the weight as [O, C, KH, KW]');
  if (!areCounts([attributes.stride], 1) || !areCounts(attributes.padding))
    return reject(`stride ${attributes.stride} or padding [${attributes.padding.join(', ')}] is not a count`);
  if (x[1] !== w[1]) return reject(`x has ${x[1]} channels, the weight expects ${w[1]}`);
  const output = outputShape(x, w, attributes);
  return output[2] > 0 && output[3] > 0 ? output : reject('the kernel is larger than the padded picture');
}

/** Calls `visit` with the positions in x, w and y of every product that the convolution sums. */
function forEachProduct(
  x: Shape,
  w: Shape,
  { stride, padding: [top, left] }: ConvolutionAttributes,
  y: Shape,
  visit: (inX: number, inW: number, inY: number) => void,
): void {
  const [batch, outChannels, outHeight, outWidth] = y;
  const [, channels, height, width] = x;
  const [, , kernelHeight, kernelWidth] = w;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outChannels; o++)
      for (let i = 0; i < outHeight; i++)
        for (let j = 0; j < outWidth; j++)
          for (let c = 0; c < channels; c++)
            for (let u = 0; u < kernelHeight; u++)
              for (let v = 0; v < kernelWidth; v++) {
                const row = i * stride + u - top;
                const column = j * stride + v - left;
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                visit(
                  ((n * channels + c) * height + row) * width + column,
                  ((o * channels + c) * kernelHeight + u) * kernelWidth + v,
                  ((n * outChannels + o) * outHeight + i) * outWidth + j,
                );
              }
}

/** Cross-correlation of x [N, C, H, W] with a weight [O, C, KH, KW], which networks call convolution. */
export const conv2dOp: Op<ConvolutionAttributes> = {
  name: 'conv2d',
  shape: ([x, w], attributes, reject) => checked(x, w, attributes, reject),
  dtype: oneType(FLOAT_TYPES),
  gradient: (dy, [x, w], { stride, padding }) => [
    conv2dInputGradient(dy, w, { stride, padding, shape: x.shape }),
    conv2dWeightGradient(x, dy, { stride, padding, shape: w.shape }),
  ],
  evaluate: ([x, w], attributes, { inputs: [shapeX, shapeW], output }) => {
    const y = new Float64Array(sizeOf(output));
    forEachProduct(shapeX, shapeW, attributes, output, (inX, inW, inY) => {
      y[inY] += x[inX] * w[inW];
    });
    return y;
  },
};

/**
 * The gradient with respect to the picture, from the output's gradient and the weight. Bilinear, like the
 * convolution.
 */
export const conv2dInputGradientOp: Op<ConvolutionGradientAttributes> = {
  name: 'conv2dInputGradient',
  shape: ([dy, w], attributes, reject) => {
    const expected = checked(attributes.shape, w, attributes, reject);
    return sameShape(dy, expected)
      ? attributes.shape
      : reject(`the output's gradient should be ${formatShape(expected)}`);
  },
  dtype: oneType(FLOAT_TYPES),
  gradient: (ddx, [dy, w], { stride, padding }) => [
    conv2d(ddx, w, { stride, padding }),
    conv2dWeightGradient(ddx, dy, { stride, padding, shape: w.shape }),
  ],
  evaluate: ([dy, w], attributes, { inputs: [shapeY, shapeW], output }) => {
    const dx = new Float64Array(sizeOf(output));
    forEachProduct(output, shapeW, attributes, shapeY, (inX, inW, inY) => {
      dx[inX] += dy[inY] * w[inW];
    });
    return dx;
  },
};

/** The gradient with respect to the weight, from the picture and the output's gradient. */
export const conv2dWeightGradientOp: Op<ConvolutionGradientAttributes> = {
  name: 'conv2dWeightGradient',
  shape: ([x, dy], attributes, reject) => {
    const expected = checked(x, attributes.shape, attributes, reject);
    return sameShape(dy, expected)
      ? attributes.shape
      : reject(`the output's gradient should be ${formatShape(expected)}`);
  },
  dtype: oneType(FLOAT_TYPES),
  gradient: (ddw, [x, dy], { stride, padding }) => [
    conv2dInputGradient(dy, ddw, { stride, padding, shape: x.shape }),
    conv2d(x, ddw, { stride, padding }),
  ],
  evaluate: ([x, dy], attributes, { inputs: [shapeX, shapeY], output }) => {
    const dw = new Float64Array(sizeOf(output));
    forEachProduct(shapeX, output, attributes, shapeY, (inX, inW, inY) => {
      dw[inW] += dy[inY] * x[inX];
    });
    return dw;
  },
};

export interface ConvolutionOptions {
  readonly stride?: number;
  /** Zeros on all four sides, or a count per side: top, left, bottom, right. */
  readonly padding?: number | ConvolutionAttributes['padding'];
}

/**
 * Cross-correlation of x [N, C, H, W] with a weight [O, C, KH, KW]: [N, O, H', W'], with H' = floor((H +
 * padding - KH) / stride) + 1.
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  { stride = 1, padding = 0 }: ConvolutionOptions = {},
): Tensor {
  const sides: ConvolutionAttributes['padding'] =
    typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  return node(conv2dOp, [x, weight], { stride, padding: sides });
}

/** The gradient of a convolution with respect to its picture, of shape `attributes.shape`. */
export function conv2dInputGradient(
  dy: Tensor,
  weight: Tensor,
  attributes: ConvolutionGradientAttributes,
): Tensor {
  return node(conv2dInputGradientOp, [dy, weight], attributes);
}

/** The gradient of a convolution with respect to its weight, of shape `attributes.shape`. */
export function conv2dWeightGradient(
  x: Tensor,
  dy: Tensor,
  attributes: ConvolutionGradientAttributes,
): Tensor {
  return node(conv2dWeightGradientOp, [x, dy], attributes);
}
