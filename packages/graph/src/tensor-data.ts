import type { DType } from './dtype.ts';
import { fromFloat16, toFloat16 } from './float16.ts';

/**
 * Contiguous values of one tensor outside a backend: Float32Array for f32, Int32Array for i32, and for f16 a
 * Uint16Array with the bits of each number (`toFloat16`, `fromFloat16`).
 */
export type TensorData = DataOf<DType>;

/** The array type of an element type. */
export type DataOf<D extends DType> = { f32: Float32Array; f16: Uint16Array; i32: Int32Array }[D];

const ARRAYS = { f32: Float32Array, f16: Uint16Array, i32: Int32Array } as const;

/** Returns zeros of this type. */
export function zeros(dtype: DType, length: number): TensorData {
  return new ARRAYS[dtype](length);
}

/** Whether values are in the array type of this element type. */
export function isDataOf(dtype: DType, values: TensorData): boolean {
  return values instanceof ARRAYS[dtype];
}

/** Converts numbers to the array of this type, rounding to it. */
export function dataOf(dtype: DType, numbers: ArrayLike<number>): TensorData {
  if (dtype === 'i32') return Int32Array.from(numbers);
  const values = Float32Array.from(numbers);
  return dtype === 'f16' ? toFloat16(values) : values;
}

/** Returns the numbers that values encode: a new array for f16, otherwise the array itself. */
export function numbersOf(values: TensorData): Float32Array | Int32Array {
  return values instanceof Uint16Array ? fromFloat16(values) : values;
}

/** Returns the values of a float tensor as f32: for f32 the array itself. */
export function float32Of(values: TensorData): Float32Array {
  const numbers = numbersOf(values);
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}
