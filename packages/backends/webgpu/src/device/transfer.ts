import { fromFloat16, toFloat16, zeros, type DType, type TensorData } from '@rewardedit/graph';
import type { Stored } from '../codegen/stored.ts';

/** Bytes as they lie on the device, from values in the order of the axes. Whole words, as buffers are written. */
export function toDevice(values: TensorData, tensor: Stored, halves: boolean): ArrayBuffer {
  const ordered = reordered(values, tensor, 'to memory');
  if (!(ordered instanceof Uint16Array)) return ordered.slice().buffer;
  if (!halves) return fromFloat16(ordered).slice().buffer;
  const words = new Uint16Array(ordered.length + (ordered.length % 2));
  words.set(ordered);
  return words.buffer;
}

/** Values in the order of the axes, from bytes as they lie on the device. */
export function fromDevice(data: ArrayBuffer, tensor: Stored, halves: boolean): TensorData {
  return reordered(typed(data, tensor.dtype, halves), tensor, 'from memory');
}

function typed(data: ArrayBuffer, dtype: DType, halves: boolean): TensorData {
  if (dtype === 'i32') return new Int32Array(data);
  if (dtype === 'f32') return new Float32Array(data);
  return halves ? new Uint16Array(data) : toFloat16(new Float32Array(data));
}

function reordered(
  values: TensorData,
  { shape, strides, dtype }: Stored,
  way: 'to memory' | 'from memory',
): TensorData {
  const contiguous = shape.every(
    (size, axis) => size === 1 || strides[axis] === shape.slice(axis + 1).reduce((a, b) => a * b, 1),
  );
  if (contiguous) return values;
  const result = zeros(dtype, values.length);
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
