import type { DType, TensorData } from '@rewardedit/graph';
import type { Stored } from '../codegen/stored.ts';
import { fromHalf, toHalf } from './half.ts';

/** Bytes as they lie on the device, from values in the order of the axes. */
export function toDevice(values: TensorData, tensor: Stored, halves: boolean): ArrayBuffer {
  const ordered = reordered(values, tensor, 'to memory');
  if (tensor.dtype === 'i32') return Int32Array.from(ordered).buffer;
  if (tensor.dtype === 'f16' && halves) return padded(Uint16Array.from(ordered, toHalf));
  if (tensor.dtype === 'f16') return Float32Array.from(ordered, (value) => fromHalf(toHalf(value))).buffer;
  return Float32Array.from(ordered).buffer;
}

/** Values in the order of the axes, from bytes as they lie on the device. */
export function fromDevice(data: ArrayBuffer, tensor: Stored, halves: boolean): TensorData {
  const { dtype } = tensor;
  return reordered(typed(data, dtype, halves), tensor, 'from memory');
}

function typed(data: ArrayBuffer, dtype: DType, halves: boolean): TensorData {
  if (dtype === 'i32') return new Int32Array(data);
  return dtype === 'f16' && halves ? Float32Array.from(new Uint16Array(data), fromHalf) : new Float32Array(data);
}

/** Buffers are written in whole words. */
function padded(halves: Uint16Array): ArrayBuffer {
  const data = new Uint16Array(halves.length + (halves.length % 2));
  data.set(halves);
  return data.buffer;
}

function reordered(values: TensorData, { shape, strides }: Stored, way: 'to memory' | 'from memory'): TensorData {
  const contiguous = shape.every(
    (size, axis) => size === 1 || strides[axis] === shape.slice(axis + 1).reduce((a, b) => a * b, 1),
  );
  if (contiguous) return values;
  const result = values instanceof Int32Array ? new Int32Array(values.length) : new Float32Array(values.length);
  const index = shape.map(() => 0);
  for (let i = 0, address = 0; i < values.length; i++) {
    if (way === 'to memory') result[address] = values[i];
    else result[i] = values[address];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      address += strides[axis];
      if (++index[axis] < shape[axis]) break;
      address -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}
