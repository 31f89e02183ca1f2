import type { DType } from './dtype.ts';
import { fromFloat16, toFloat16 } from './float16.ts';

/**
 * Contiguous values of one tensor outside of a backend: Float32Array for f32, Int32Array for i32, and for f16 the bits of
 * each number in a Uint16Array (`toFloat16`, `fromFloat16`).
 */
export type TensorData = DataOf<DType>;

/** The array that this type is carried in. */
export type DataOf<D extends DType> = { f32: Float32Array; f16: Uint16Array; i32: Int32Array }[D];

const ARRAYS = { f32: Float32Array, f16: Uint16Array, i32: Int32Array } as const;

/** Zeros of this type. */
export function zeros(dtype: DType, length: number): TensorData {
  return new ARRAYS[dtype](length);
}

/** Whether values lie in the array that this type is carried in. */
export function isDataOf(dtype: DType, values: TensorData): boolean {
  return values instanceof ARRAYS[dtype];
}

/** Numbers in the array that this type is carried in, rounded to it. */
export function dataOf(dtype: DType, numbers: ArrayLike<number>): TensorData {
  if (dtype === 'i32') return Int32Array.from(numbers);
  const values = Float32Array.from(numbers);
  return dtype === 'f16' ? toFloat16(values) : values;
}

/** The numbers that values stand for. Those of f16 are new; others are the array itself. */
export function numbersOf(values: TensorData): Float32Array | Int32Array {
  return values instanceof Uint16Array ? fromFloat16(values) : values;
}

/** The values of a float tensor as float32: those of f32 are the array itself. */
export function float32Of(values: TensorData): Float32Array {
  const numbers = numbersOf(values);
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}
