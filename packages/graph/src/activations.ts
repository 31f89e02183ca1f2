import { mul, sigmoid } from './ops/elementwise.ts';
import type { Tensor } from './tensor.ts';

/** x sigmoid(x), also called swish. */
export function silu(x: Tensor): Tensor {
  return mul(x, sigmoid(x));
}

/** x sigmoid(1.702 x), the approximation that CLIP was trained with. */
export function quickGelu(x: Tensor): Tensor {
  return mul(x, sigmoid(mul(x, 1.702)));
}
