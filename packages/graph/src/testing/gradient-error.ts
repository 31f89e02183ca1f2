import { evaluateTensors } from '../evaluate.ts';
import { gradients } from '../gradients.ts';
import { mul } from '../ops/elementwise.ts';
import { constant, input } from '../ops/leaf.ts';
import { concat, reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduction.ts';
import { sameShape, sizeOf, type Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { anywhere, type Draw } from './random.ts';

/** A function of tensors, as a graph. */
export type Build = (...inputs: Tensor[]) => Tensor;

const STEP = 1e-4;

/**
 * Compares the gradient of a function's output, weighted randomly and summed, with fourth-order central
 * differences of its float64 values, (8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12h, for every
 * element of every input. Returns the largest error relative to the largest element of each input's gradient;
 * Infinity if a gradient has the wrong shape.
 */
export function gradientError(
  build: Build,
  shapes: readonly Shape[],
  { seed = 0, draw = anywhere }: { seed?: number; draw?: Draw } = {},
): number {
  const inputs = shapes.map((shape, i) => input(`x${i}`, shape));
  const loss = weightedSum(build(...inputs), seed);
  const point = draw(shapes, seed);
  const values = { inputs: Object.fromEntries(point.map((value, i) => [`x${i}`, value])) };
  const found = gradients(loss, inputs);
  if (!found.every((gradient, i) => sameShape(gradient.shape, shapes[i]))) return Infinity;
  const derived = evaluateTensors(found, values);

  const errors = point.map((x, i) => {
    const lossAt = (element: number, steps: number) => {
      const before = x[element];
      x[element] += steps * STEP;
      const [[value]] = evaluateTensors([loss], values);
      x[element] = before;
      return value;
    };
    const measured = x.map(
      (_, element) =>
        (8 * (lossAt(element, 1) - lossAt(element, -1)) - (lossAt(element, 2) - lossAt(element, -2))) /
        (12 * STEP),
    );
    const distances = derived[i].map((value, element) => value - measured[element]);
    return largest(distances) / Math.max(largest(measured), 0.01);
  });
  return Math.max(...errors);
}

/**
 * The gradients of a function with respect to all its inputs, as a function: for checking second derivatives.
 */
export function gradientOf(build: Build, seed: number): Build {
  return (...inputs) => {
    const found = gradients(weightedSum(build(...inputs), seed + 1), inputs);
    return concat(
      found.map((gradient) => reshape(gradient, [sizeOf(gradient.shape)])),
      0,
    );
  };
}

function weightedSum(y: Tensor, seed: number): Tensor {
  const [weights] = anywhere([y.shape], seed + 1000);
  return sum(mul(y, constant(Float32Array.from(weights), y.shape)));
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
