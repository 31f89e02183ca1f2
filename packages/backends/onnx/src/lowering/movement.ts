import type { Lowering } from './lowering.ts';

export const reshape: Lowering<'reshape'> = (emitter, [x], { shape }) =>
  emitter.emit('Reshape', [x, emitter.indices(shape)]);

export const broadcastTo: Lowering<'broadcastTo'> = (emitter, [x], { shape }) =>
  emitter.emit('Expand', [x, emitter.indices(shape)]);

export const transpose: Lowering<'transpose'> = (emitter, [x], { attributes: { order } }) =>
  emitter.emit('Transpose', [x], { attributes: { perm: order } });

/** Only the axes along which something is left out are named. */
export const slice: Lowering<'slice'> = (emitter, [x], { inputs, attributes: { starts, sizes } }) => {
  const axes = [...starts.keys()].filter((axis) => sizes[axis] !== inputs[0].shape[axis]);
  return emitter.emit('Slice', [
    x,
    emitter.indices(axes.map((axis) => starts[axis])),
    emitter.indices(axes.map((axis) => starts[axis] + sizes[axis])),
    emitter.indices(axes),
  ]);
};

export const pad: Lowering<'pad'> = (emitter, [x], { attributes: { before, after } }) =>
  emitter.emit('Pad', [x, emitter.indices([...before, ...after])]);

export const concat: Lowering<'concat'> = (emitter, inputs, { attributes: { axis } }) =>
  emitter.emit('Concat', inputs, { attributes: { axis } });
