import { fromFloat16, toFloat16, zeros, type DType, type TensorData } from '@rewardedit/graph';
import type { Stored } from '../codegen/stored.ts';

/** Converts row-major values to the device's layout, padded to whole words. */
export function toDevice(values: TensorData, tensor: Stored, halves: boolean): ArrayBuffer {
  const ordered = reordered(values, tensor, 'to memory');
  if (!(ordered instanceof Uint16Array)) return ordered.slice().buffer;
  if (!halves) return fromFloat16(ordered).slice().buffer;
  const words = new Uint16Array(ordered.length + (ordered.length % 2));
  words.set(ordered);
  return words.buffer;
}

/** Converts bytes in the device's layout to row-major values. */
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
  const moved = shape.flatMap((size, axis) => (size === 1 ? [] : [{ size, stride: strides[axis] }]));
  const axes = moved.map(({ size, stride }, i) => ({
    size,
    /** The row-major stride, and the stride in memory. */
    given: moved.slice(i + 1).reduce((product, other) => product * other.size, 1),
    stored: stride,
  }));
  if (axes.every(({ given, stored }) => given === stored)) return values;
  const result = zeros(dtype, values.length);
  // The two innermost loops write contiguously.
  const place = way === 'to memory' ? 'stored' : 'given';
  const [inner, next, ...outer] = axes.toSorted((a, b) => a[place] - b[place]);
  const other = place === 'stored' ? 'given' : 'stored';
  const walk = (level: number, to: number, from: number): void => {
    if (level >= 0) {
      const axis = outer[level];
      for (let i = 0; i < axis.size; i++) walk(level - 1, to + i * axis[place], from + i * axis[other]);
      return;
    }
    for (let j = 0; j < next.size; j++) {
      let target = to + j * next[place];
      let source = from + j * next[other];
      for (let i = 0; i < inner.size; i++, target += inner[place], source += inner[other])
        result[target] = values[source];
    }
  };
  walk(outer.length - 1, 0, 0);
  return result;
}
