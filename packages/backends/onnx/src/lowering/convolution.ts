import type { Shape } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';
import { product } from './matmul.ts';

export const conv2d: Lowering<'conv2d'> = (emitter, [x, w], { inputs, attributes: { stride, padding } }) =>
  emitter.emit('Conv', [x, w], {
    attributes: { kernel_shape: inputs[1].shape.slice(2), strides: [stride, stride], pads: padding },
  });

/** The weight [O, C, KH, KW] as [C, O, KH, KW], turned by half a circle. */
function turned(emitter: Emitter, w: Value, [, , height, width]: Shape): Value {
  const exchanged = emitter.emit('Transpose', [w], { attributes: { perm: [1, 0, 2, 3] } });
  if (height === 1 && width === 1) return exchanged;
  return emitter.emit('Slice', [
    exchanged,
    emitter.indices([-1, -1]),
    emitter.indices([-height - 1, -width - 1]),
    emitter.indices([2, 3]),
    emitter.indices([-1, -1]),
  ]);
}

/**
 * At stride 1, a convolution with the turned weight, padded to the full overlap; a negative padding cuts instead. At larger
 * strides, ConvTranspose.
 */
export const conv2dInputGradient: Lowering<'conv2dInputGradient'> = (
  emitter,
  [dy, w],
  { inputs, attributes: { stride, padding, shape } },
) => {
  const [top, left, bottom, right] = padding;
  const kernel = inputs[1].shape.slice(2);
  const fits = padding.every((count, side) => count <= kernel[side % 2] - 1);
  if (stride === 1 && fits) {
    const full = [kernel[0] - 1 - top, kernel[1] - 1 - left, kernel[0] - 1 - bottom, kernel[1] - 1 - right];
    return emitter.emit('Conv', [dy, turned(emitter, w, inputs[1].shape)], {
      attributes: { kernel_shape: kernel, pads: full },
    });
  }
  const [outHeight, outWidth] = inputs[0].shape.slice(2);
  const left_over = (size: number, windows: number, edge: number, side: number) =>
    size + edge - ((windows - 1) * stride + kernel[side]);
  return emitter.emit('ConvTranspose', [dy, w], {
    attributes: {
      kernel_shape: kernel,
      strides: [stride, stride],
      pads: padding,
      output_padding: [
        left_over(shape[2], outHeight, top + bottom, 0),
        left_over(shape[3], outWidth, left + right, 1),
      ],
    },
  });
};

/**
 * One product per kernel position: the gradient at (u, v) is, summed over the batch, dy [O, windows] times the pixels under that
 * position [windows, C].
 */
export const conv2dWeightGradient: Lowering<'conv2dWeightGradient'> = (
  emitter,
  [x, dy],
  { inputs, attributes: { stride, padding, shape } },
) => {
  const [top, left, bottom, right] = padding;
  const [batch, outChannels, outHeight, outWidth] = inputs[1].shape;
  const [, channels, height, width] = shape;
  const windows = outHeight * outWidth;
  const padded = padding.every((count) => count === 0)
    ? x
    : emitter.emit('Pad', [x, emitter.indices([0, 0, top, left, 0, 0, bottom, right])]);
  const rows = emitter.emit('Reshape', [dy, emitter.indices([batch, outChannels, windows])]);
  const taps: Value[] = [];
  for (let u = 0; u < height; u++) {
    for (let v = 0; v < width; v++) {
      const pixels = emitter.emit('Slice', [
        padded,
        emitter.indices([u, v]),
        emitter.indices([u + (outHeight - 1) * stride + 1, v + (outWidth - 1) * stride + 1]),
        emitter.indices([2, 3]),
        emitter.indices([stride, stride]),
      ]);
      const columns = emitter.emit('Reshape', [pixels, emitter.indices([batch, channels, windows])]);
      const tap = product(
        emitter,
        { value: rows, shape: [batch, outChannels, windows] },
        { value: columns, shape: [batch, channels, windows] },
        { transposeB: true },
      );
      taps.push(emitter.emit('ReduceSum', [tap, emitter.indices([0])], { attributes: { keepdims: 0 } }));
    }
  }
  const column = emitter.indices([outChannels, channels, 1]);
  const all = emitter.emit(
    'Concat',
    taps.map((tap) => emitter.emit('Reshape', [tap, column])),
    {
      attributes: { axis: 2 },
    },
  );
  return emitter.emit('Reshape', [all, emitter.indices(shape)]);
};
