import { nearestSource } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';

/** Whole factors repeat pixels; other sizes pick rows and columns. */
export const resizeNearest: Lowering<'resizeNearest'> = (emitter, [x], { inputs, shape }) => {
  const [batch, channels, height, width] = inputs[0].shape;
  const [, , newHeight, newWidth] = shape;
  if (newHeight % height === 0 && newWidth % width === 0) {
    const rows = newHeight / height;
    const columns = newWidth / width;
    const blocks = emitter.emit('Reshape', [x, emitter.indices([batch, channels, height, 1, width, 1])]);
    const repeated = emitter.emit('Expand', [
      blocks,
      emitter.indices([batch, channels, height, rows, width, columns]),
    ]);
    return emitter.emit('Reshape', [repeated, emitter.indices(shape)]);
  }
  return picked(emitter, picked(emitter, x, 2, height, newHeight), 3, width, newWidth);
};

function picked(emitter: Emitter, x: Value, axis: number, size: number, newSize: number): Value {
  if (size === newSize) return x;
  const sources = Array.from({ length: newSize }, (_, i) => nearestSource(i, size, newSize));
  return emitter.emit('Gather', [x, emitter.indices(sources)], { attributes: { axis } });
}
