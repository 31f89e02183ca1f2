import { add, erfOf, mul, sigmoid } from './ops/elementwise.ts';
import type { Tensor } from './tensor.ts';

/** x sigmoid(x), also called swish. */
export function silu(x: Tensor): Tensor {
  return mul(x, sigmoid(x));
}

/** The exact GELU, x (1 + erf(x / sqrt 2)) / 2. */
export function gelu(x: Tensor): Tensor {
  return mul(x, mul(add(erfOf(mul(x, Math.SQRT1_2)), 1), 0.5));
}

/** x sigmoid(1.702 x), the approximation that CLIP was trained with. */
export function quickGelu(x: Tensor): Tensor {
  return mul(x, sigmoid(mul(x, 1.702)));
}
