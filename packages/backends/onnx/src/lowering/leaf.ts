import { sizeOf, type ConstantLeaf, type Tensor } from '@rewardedit/graph';
import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import type { Emitter, Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';

/** The names under which a program's inputs and state entries enter the ONNX graph. */
export const inputName = (name: string): string => `input/${name}`;
export const stateName = (name: string): string => `state/${name}`;

/** A value from outside. It comes as float32 also where the graph works in float16: JavaScript has no such numbers everywhere. */
function outside(emitter: Emitter, name: string, { dtype, shape }: Tensor): Value {
  const value = emitter.input({ name, type: dtype === 'i32' ? 'i32' : 'f32', shape });
  return dtype === 'f16' ? emitter.emit('Cast', [value], { attributes: { to: ELEMENT_TYPES.f16 } }) : value;
}

export const input: Lowering<'input'> = (emitter, _, tensor) =>
  outside(emitter, inputName(tensor.attributes.name), tensor);

export const state: Lowering<'state'> = (emitter, _, tensor, { freeze }) => {
  const name = stateName(tensor.attributes.name);
  if (!freeze) return outside(emitter, name, tensor);
  const value = emitter.constant('f32', tensor.shape, { file: name });
  return tensor.dtype === 'f16'
    ? emitter.emit('Cast', [value], { attributes: { to: ELEMENT_TYPES.f16 } })
    : value;
};

/** One number for all elements is stored once and spread out where it is used. */
export const constant: Lowering<'constant'> = (emitter, _, { attributes, dtype, shape }) => {
  const type = dtype === 'i32' ? 'i32' : 'f32';
  const value =
    typeof attributes.values === 'number'
      ? spread(emitter, emitter.constant(type, [], rawData(attributes)), shape)
      : emitter.constant(type, shape, rawData(attributes));
  return dtype === 'f16' ? emitter.emit('Cast', [value], { attributes: { to: ELEMENT_TYPES.f16 } }) : value;
};

function spread(emitter: Emitter, value: Value, shape: readonly number[]): Value {
  return sizeOf(shape) === 1 && shape.length === 0
    ? value
    : emitter.emit('Expand', [value, emitter.indices(shape)]);
}

function rawData({ values, dtype }: ConstantLeaf): Uint8Array {
  const numbers = typeof values === 'number' ? [values] : values;
  const data = dtype === 'i32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
  return new Uint8Array(data.buffer);
}
