import { nearestSource } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';

/** Integer factors repeat pixels, which the op does exactly; other sizes select rows and columns. */
export const resizeNearest: Lowering<'resizeNearest'> = (emitter, [x], { inputs, shape, dtype }) => {
  const [, , height, width] = inputs[0].shape;
  const [, , newHeight, newWidth] = shape;
  if (dtype === 'f32' && newHeight % height === 0 && newWidth % width === 0) {
    return emitter.emit('Resize', [x, '', '', emitter.indices(shape)], {
      attributes: { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'asymmetric' },
    });
  }
  return picked(emitter, picked(emitter, x, 2, height, newHeight), 3, width, newWidth);
};

function picked(emitter: Emitter, x: Value, axis: number, size: number, newSize: number): Value {
  if (size === newSize) return x;
  const sources = Array.from({ length: newSize }, (_, i) => nearestSource(i, size, newSize));
  return emitter.emit('Gather', [x, emitter.indices(sources)], { attributes: { axis } });
}
