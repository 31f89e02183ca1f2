import { cast } from '../ops/cast.ts';
import { add, div, minimum, mul, sqrt } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduction.ts';
import { mapTensors, type NamedTensors, type Tensor } from '../tensor.ts';

/** Keeps the division finite for zero gradients; the value in `torch.nn.utils.clip_grad_norm_`. */
const EPSILON = 1e-6;

/** Returns the Euclidean norm over all elements of all gradients, a scalar. */
export function globalNorm(gradients: NamedTensors): Tensor {
  const squares = Object.values(gradients).map((gradient) => {
    const wide = cast(gradient, 'f32'); // 256 squared overflows f16
    return reshape(sum(mul(wide, wide)), []);
  });
  if (squares.length === 0) throw new Error('globalNorm: there are no gradients.');
  return sqrt(squares.reduce((total, square) => add(total, square)));
}

/**
 * Scales all gradients by min(1, maxNorm / (norm + 1e-6)), so that their global norm is at most `maxNorm`
 * (`torch.nn.utils.clip_grad_norm_`).
 *
 * @returns the clipped gradients, and the norm before clipping.
 */
export function clipByGlobalNorm(
  gradients: NamedTensors,
  maxNorm: number,
): { gradients: NamedTensors; norm: Tensor } {
  const norm = globalNorm(gradients);
  const factor = minimum(div(maxNorm, add(norm, EPSILON)), 1);
  return { gradients: mapTensors(gradients, (gradient) => mul(gradient, factor)), norm };
}
