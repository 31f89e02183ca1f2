import { cast } from '../ops/cast.ts';
import { add, div, minimum, mul, sqrt } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduction.ts';
import { mapTensors, type NamedTensors, type Tensor } from '../tensor.ts';

/** Keeps the division finite where all gradients are zero; the value of `torch.nn.utils.clip_grad_norm_`. */
const EPSILON = 1e-6;

/** The Euclidean norm of all elements of all gradients together: a scalar. */
export function globalNorm(gradients: NamedTensors): Tensor {
  const squares = Object.values(gradients).map((gradient) => {
    const wide = cast(gradient, 'f32'); // f16 holds no square of 256
    return reshape(sum(mul(wide, wide)), []);
  });
  if (squares.length === 0) throw new Error('globalNorm: there are no gradients.');
  return sqrt(squares.reduce((total, square) => add(total, square)));
}

/**
 * Shortens all gradients by one factor, min(1, maxNorm / (norm + 1e-6)), so that their common norm is at most
 * `maxNorm` (`torch.nn.utils.clip_grad_norm_`).
 *
 * @returns the gradients afterwards, and the norm before.
 */
export function clipByGlobalNorm(
  gradients: NamedTensors,
  maxNorm: number,
): { gradients: NamedTensors; norm: Tensor } {
  const norm = globalNorm(gradients);
  const factor = minimum(div(maxNorm, add(norm, EPSILON)), 1);
  return { gradients: mapTensors(gradients, (gradient) => mul(gradient, factor)), norm };
}
