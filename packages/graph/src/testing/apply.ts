import { evaluateTensors } from '../evaluate.ts';
import { input } from '../ops/leaf.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { Build } from './gradient-error.ts';
import { anywhere, type Draw } from './random.ts';

/** Returns the float64 value of a function at values drawn for its inputs. */
export function apply(
  build: Build,
  shapes: readonly Shape[],
  seed: number,
  draw: Draw = anywhere,
): { operands: Float64Array[]; shape: Shape; value: Float64Array } {
  const operands = draw(shapes, seed);
  const inputs = shapes.map((shape, i) => input(`x${i}`, shape));
  const output = build(...inputs);
  const values = Object.fromEntries(operands.map((value, i) => [`x${i}`, value]));
  const [value] = evaluateTensors([output], { inputs: values });
  return { operands, shape: output.shape, value };
}

/** Returns the float64 value of a graph without inputs. */
export function valueOf(tensor: Tensor): number[] {
  return [...evaluateTensors([tensor], {})[0]];
}

/**
 * Returns the largest difference between two lists of numbers, relative for numbers above 1; Infinity if the
 * lengths differ.
 */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i])));
  }
  return largest;
}
