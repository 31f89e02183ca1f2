import { formatShape, sizeOf, type AttributesOf, type Shape, type Tensor } from '@rewardedit/graph';
import { plus, quotient, remainder, times, type Condition, type Index } from '../codegen/index-expression.ts';
import { channelsLast } from '../codegen/stored.ts';
import { contractionKernels, readingsOf } from '../kernels/contraction/choose.ts';
import type { Lowering } from './lowering.ts';
import { operand } from './operand.ts';

type Attributes = AttributesOf<'conv2d'>;

/**
 * The pixel at the kernel's position [u, v] in window [i, j], and the condition that it is inside the
 * picture.
 */
function met(
  [i, j]: readonly Index[],
  [u, v]: readonly Index[],
  [height, width]: readonly number[],
  { stride, padding: [top, left] }: Attributes,
): { pixel: Index[]; inside: Condition[] } {
  const pixel = [plus(times(i, stride), u, -top), plus(times(j, stride), v, -left)];
  return {
    pixel,
    inside: [
      { index: pixel[0], size: height },
      { index: pixel[1], size: width },
    ],
  };
}

/** The number of windows that contain a pixel. */
function meetings(weights: Shape, { stride }: Attributes): number {
  return Math.max(1, sizeOf(weights.slice(2)) / stride ** 2);
}

function label(kind: string, x: Shape, w: Shape): string {
  return `${kind} ${formatShape(x)} ${formatShape(w)}`;
}

/** Rows are output pixels, columns output channels; the sum is over kernel positions and input channels. */
export const conv2d: Lowering<'conv2d'> = {
  kind: 'kernel',
  inMemory: 'all',
  readings: ({ inputs: [, w], attributes, shape: [batch, columns, ...windows] }, traits) => {
    const { left, right } = readingsOf(traits, { batch: 1, rows: batch * sizeOf(windows), columns });
    return [left * meetings(w.shape, attributes), right];
  },
  plan: ({ inputs: [x, w], attributes, shape: [batch, outputs, ...windows] }, surroundings) => ({
    order: channelsLast(4),
    emit: (target) =>
      contractionKernels(
        surroundings.traits,
        {
          label: label('conv2d', x.shape, w.shape),
          batch: [],
          rows: [batch, ...windows],
          columns: [outputs],
          inner: [...w.shape.slice(2), x.shape[1]],
          left: operand(x, surroundings, (_, [n, ...window], [u, v, c]) => {
            const { pixel, inside } = met(window, [u, v], x.shape.slice(2), attributes);
            return { index: [n, c, ...pixel], inside };
          }),
          right: operand(w, surroundings, (_, [o], [u, v, c]) => ({ index: [o, c, u, v] })),
          resultIndex: (_, [n, ...window], [o]) => [n, o, ...window],
        },
        target,
      ),
  }),
};

/** Rows are input pixels, columns input channels: each pixel gathers from the windows that contain it. */
export const conv2dInputGradient: Lowering<'conv2dInputGradient'> = {
  kind: 'kernel',
  inMemory: 'all',
  readings: ({ inputs: [, w], shape: [batch, columns, ...pixels] }, traits) => {
    const { left, right } = readingsOf(traits, { batch: 1, rows: batch * sizeOf(pixels), columns });
    return [left * sizeOf(w.shape.slice(2)), right];
  },
  plan: ({ inputs: [dy, w], attributes, shape: [batch, channels, ...pixels] }, surroundings) => {
    const {
      stride,
      padding: [top, left],
    } = attributes;
    const windows = dy.shape.slice(2);
    return {
      order: channelsLast(4),
      emit: (target) =>
        contractionKernels(
          surroundings.traits,
          {
            label: label('conv2d input gradient', [batch, channels, ...pixels], w.shape),
            batch: [],
            rows: [batch, ...pixels],
            columns: [channels],
            inner: [...w.shape.slice(2), w.shape[0]],
            left: operand(dy, surroundings, (_, [n, h, width], [u, v, o]) => {
              const steps = [plus(h, times(u, -1), top), plus(width, times(v, -1), left)];
              const inside = steps.flatMap((step, axis): Condition[] => [
                { index: quotient(step, stride), size: windows[axis] },
                { index: remainder(step, stride), size: 1 },
                // Shader divisions of negative numbers do not round down.
                { index: step, size: windows[axis] * stride },
              ]);
              const place = steps.map((step) => quotient(step, stride));
              return { index: [n, o, ...place], inside };
            }),
            right: operand(w, surroundings, (_, [c], [u, v, o]) => ({ index: [o, c, u, v] })),
            resultIndex: (_, [n, ...pixel], [c]) => [n, c, ...pixel],
          },
          target,
        ),
    };
  },
};

/** Rows are output channels, columns kernel positions and input channels; the sum is over all windows. */
export const conv2dWeightGradient: Lowering<'conv2dWeightGradient'> = {
  kind: 'kernel',
  inMemory: 'all',
  readings: ({ attributes, shape: [rows, ...columns] }, traits) => {
    const { left, right } = readingsOf(traits, { batch: 1, rows, columns: sizeOf(columns) });
    return [right * meetings([rows, ...columns], attributes), left];
  },
  plan: (
    {
      inputs: [x, dy],
      attributes,
      shape: [outputs, channels, ...kernel],
    }: Tensor<AttributesOf<'conv2dWeightGradient'>>,
    surroundings,
  ) => ({
    order: channelsLast(4),
    emit: (target) =>
      contractionKernels(
        surroundings.traits,
        {
          label: label('conv2d weight gradient', x.shape, [outputs, channels, ...kernel]),
          batch: [],
          rows: [outputs],
          columns: [...kernel, channels],
          inner: [x.shape[0], ...dy.shape.slice(2)],
          left: operand(dy, surroundings, (_, [o], [n, ...window]) => ({ index: [n, o, ...window] })),
          right: operand(x, surroundings, (_, [u, v, c], [n, ...window]) => {
            const { pixel, inside } = met(window, [u, v], x.shape.slice(2), attributes);
            return { index: [n, c, ...pixel], inside };
          }),
          resultIndex: (_, [o], [u, v, c]) => [o, c, u, v],
        },
        target,
      ),
  }),
};
