import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import type { Lowering } from './lowering.ts';

/**
 * x under its own shape, which is computed from one element of the dependency (by adding whether it is above infinity: never).
 * A reshape copies nothing, ONNX Runtime cannot fold it, and it cannot run before the dependency is known.
 */
export const after: Lowering<'after'> = (emitter, [x, dependency], { inputs, shape, dtype }) => {
  const flat = emitter.emit('Reshape', [dependency, emitter.indices([-1])]);
  const element = emitter.emit('Slice', [flat, emitter.indices([0]), emitter.indices([1])]);
  const float =
    inputs[1].dtype === 'f32'
      ? element
      : emitter.emit('Cast', [element], { attributes: { to: ELEMENT_TYPES.f32 } });
  const never = emitter.emit('Greater', [float, emitter.scalar(Infinity)]);
  const nothing = emitter.emit('Cast', [never], { attributes: { to: ELEMENT_TYPES.i64 } });
  const result = emitter.emit('Reshape', [x, emitter.emit('Add', [emitter.indices(shape), nothing])]);
  emitter.declare({ name: result, type: dtype, shape });
  return result;
};
