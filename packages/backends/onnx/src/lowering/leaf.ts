import { dataOf, type ConstantLeaf, type DType, type Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';

/** The names of a program's inputs and state entries in the ONNX graph. */
export const inputName = (name: string): string => `input/${name}`;
export const stateName = (name: string): string => `state/${name}`;

export const input: Lowering<'input'> = (emitter, _, tensor) =>
  emitter.input({ name: inputName(tensor.attributes.name), type: tensor.dtype, shape: tensor.shape });

export const state: Lowering<'state'> = (emitter, _, { attributes, dtype, shape }, { frozen }) => {
  const name = stateName(attributes.name);
  return frozen.has(attributes.name)
    ? emitter.constant(dtype, shape, { file: name })
    : emitter.input({ name, type: dtype, shape });
};

function stored(emitter: Emitter, dtype: DType, shape: readonly number[], numbers: ArrayLike<number>): Value {
  return emitter.constant(dtype, shape, new Uint8Array(dataOf(dtype, numbers).buffer));
}

/** A scalar that broadcasts to any shape. */
export function scalar(emitter: Emitter, value: number, dtype: DType = 'f32'): Value {
  return stored(emitter, dtype, [], [value]);
}

/**
 * A constant with the same number for all elements is stored once, and expanded where an op does not
 * broadcast.
 */
export const constant: Lowering<'constant'> = (emitter, _, { attributes, dtype, shape }) => {
  const { values } = attributes;
  if (typeof values !== 'number') return stored(emitter, dtype, shape, values);
  const single = scalar(emitter, values, dtype);
  return shape.length === 0 ? single : emitter.emit('Expand', [single, emitter.indices(shape)]);
};

/** The single value of a constant whose elements are all equal. */
export function filling(tensor: Tensor): number | undefined {
  if (tensor.op.name === 'broadcastTo' || tensor.op.name === 'reshape') return filling(tensor.inputs[0]);
  if (tensor.op.name !== 'constant') return undefined;
  const { values } = tensor.attributes as ConstantLeaf;
  return typeof values === 'number' ? values : undefined;
}
