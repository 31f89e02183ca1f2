import type { Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { isNodeOf, type GraphView, type Lowering } from './lowering.ts';

export const reshape: Lowering<'reshape'> = (emitter, [x], { shape }) =>
  emitter.emit('Reshape', [x, emitter.indices(shape)]);

export const broadcastTo: Lowering<'broadcastTo'> = (emitter, [x], { shape }) =>
  emitter.emit('Expand', [x, emitter.indices(shape)]);

export const transpose: Lowering<'transpose'> = (emitter, [x], { attributes: { order } }) =>
  emitter.emit('Transpose', [x], { attributes: { perm: order } });

/** Only names the axes that are cut. */
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

/** The sum of two padded tensors that do not overlap, as in the gradient of a split: concatenates them. */
export function joinedPads(
  emitter: Emitter,
  { inputs: [a, b] }: Tensor,
  graph: GraphView,
): Value | undefined {
  if (!isNodeOf(a, 'pad') || !isNodeOf(b, 'pad')) return undefined;
  const [first, second] = a.attributes.before.some((count) => count > 0) ? [b, a] : [a, b];
  const axis = first.attributes.after.findIndex((count) => count > 0);
  const length = first.inputs[0].shape[axis];
  const fits =
    first.attributes.before.every((count) => count === 0) &&
    second.attributes.after.every((count) => count === 0) &&
    first.attributes.after.every((count, i) => count === (i === axis ? second.inputs[0].shape[axis] : 0)) &&
    second.attributes.before.every((count, i) => count === (i === axis ? length : 0));
  if (!fits) return undefined;
  return emitter.emit(
    'Concat',
    [first, second].map((each) => graph.valueOf(each.inputs[0])),
    {
      attributes: { axis },
    },
  );
}
