import type { ConstantLeaf, DType, Tensor } from '@rewardedit/graph';
import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import type { Emitter, Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';

/** The names under which a program's inputs and state entries enter the ONNX graph. */
export const inputName = (name: string): string => `input/${name}`;
export const stateName = (name: string): string => `state/${name}`;

/**
 * Values enter and leave as float32 also where the graph works in float16, for which not every JavaScript has
 * an array.
 */
export function outsideType(dtype: DType): 'f32' | 'i32' {
  return dtype === 'i32' ? 'i32' : 'f32';
}

/** A value from outside in the type that the graph has it in. */
function entered(emitter: Emitter, value: Value, dtype: DType): Value {
  return dtype === 'f16' ? emitter.emit('Cast', [value], { attributes: { to: ELEMENT_TYPES.f16 } }) : value;
}

function named(emitter: Emitter, name: string, { dtype, shape }: Tensor): Value {
  return entered(emitter, emitter.input({ name, type: outsideType(dtype), shape }), dtype);
}

export const input: Lowering<'input'> = (emitter, _, tensor) =>
  named(emitter, inputName(tensor.attributes.name), tensor);

export const state: Lowering<'state'> = (emitter, _, tensor, { frozen }) => {
  const name = stateName(tensor.attributes.name);
  return frozen.has(tensor.attributes.name)
    ? entered(emitter, emitter.constant('f32', tensor.shape, { file: name }), tensor.dtype)
    : named(emitter, name, tensor);
};

function stored(emitter: Emitter, dtype: DType, shape: readonly number[], numbers: ArrayLike<number>): Value {
  const data = dtype === 'i32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
  return entered(emitter, emitter.constant(outsideType(dtype), shape, new Uint8Array(data.buffer)), dtype);
}

/** A single number that broadcasts against everything. */
export function scalar(emitter: Emitter, value: number, dtype: DType = 'f32'): Value {
  return stored(emitter, dtype, [], [value]);
}

/** One number for all elements is stored once, and spread out where an op cannot broadcast it. */
export const constant: Lowering<'constant'> = (emitter, _, { attributes, dtype, shape }) => {
  const { values } = attributes;
  if (typeof values !== 'number') return stored(emitter, dtype, shape, values);
  const single = scalar(emitter, values, dtype);
  return shape.length === 0 ? single : emitter.emit('Expand', [single, emitter.indices(shape)]);
};

/** The number that all elements of a constant are, if it is one. */
export function filling(tensor: Tensor): number | undefined {
  if (tensor.op.name === 'broadcastTo' || tensor.op.name === 'reshape') return filling(tensor.inputs[0]);
  if (tensor.op.name !== 'constant') return undefined;
  const { values } = tensor.attributes as ConstantLeaf;
  return typeof values === 'number' ? values : undefined;
}
