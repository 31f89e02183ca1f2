import { dataOf, sizeOf, type TensorData } from '@rewardedit/graph';
import type { Stored } from '../codegen/stored.ts';

const known = new WeakMap<Stored, TensorData>();

/** Artificial values of a tensor: small numbers of both signs, and zero for row indices. */
export function scratchValues(tensor: Stored): TensorData {
  const found = known.get(tensor);
  if (found) return found;
  const { shape, dtype } = tensor;
  const numbers = new Float32Array(sizeOf(shape));
  if (dtype !== 'i32') for (let i = 0; i < numbers.length; i++) numbers[i] = ((i * 7919) % 257) / 257 - 0.5;
  const values = dataOf(dtype, numbers);
  known.set(tensor, values);
  return values;
}
