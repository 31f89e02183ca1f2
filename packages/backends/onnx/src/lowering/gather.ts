import { sizeOf } from '@rewardedit/graph';
import { inSinglePrecision } from './half-precision.ts';
import { scalar } from './leaf.ts';
import type { Lowering } from './lowering.ts';

export const gather: Lowering<'gather'> = (emitter, [table, indices]) =>
  emitter.emit('Gather', [table, indices], { attributes: { axis: 0 } });

/** ScatterElements applies the updates one after another, so the sums of repeated rows are deterministic. */
export const scatterAdd: Lowering<'scatterAdd'> = inSinglePrecision(
  (emitter, [indices, updates], { inputs, attributes, shape, dtype }) => {
    const count = sizeOf(inputs[0].shape);
    const width = sizeOf(shape.slice(1));
    const wide = emitter.indices([count, width]);
    const positions = emitter.emit('Expand', [
      emitter.emit('Reshape', [indices, emitter.indices([count, 1])]),
      wide,
    ]);
    const table = emitter.emit('Expand', [
      scalar(emitter, 0, dtype),
      emitter.indices([attributes.rows, width]),
    ]);
    const summed = emitter.emit(
      'ScatterElements',
      [table, positions, emitter.emit('Reshape', [updates, wide])],
      {
        attributes: { axis: 0, reduction: 'add' },
      },
    );
    return emitter.emit('Reshape', [summed, emitter.indices(shape)]);
  },
);
