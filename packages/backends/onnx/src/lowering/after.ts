import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import { scalar } from './leaf.ts';
import type { Lowering } from './lowering.ts';

/**
 * x plus a zero that ONNX Runtime cannot know before the dependency is computed: whether one of its elements
 * is greater than infinity. So it can neither replace the sum by x nor compute it early.
 */
export const after: Lowering<'after'> = (emitter, [x, dependency], { inputs, dtype }) => {
  const flat = emitter.emit('Reshape', [dependency, emitter.indices([-1])]);
  const element = emitter.emit('Slice', [flat, emitter.indices([0]), emitter.indices([1])]);
  const number =
    inputs[1].dtype === 'f32'
      ? element
      : emitter.emit('Cast', [element], { attributes: { to: ELEMENT_TYPES.f32 } });
  const never = emitter.emit('Greater', [number, scalar(emitter, Infinity)]);
  const zero = emitter.emit('Cast', [emitter.emit('Squeeze', [never])], {
    attributes: { to: ELEMENT_TYPES[dtype] },
  });
  return emitter.emit('Add', [x, zero]);
};
