import { abs, add, exp, gelu, log, maximum, mul, neg, silu, tanh, type Tensor } from '@rewardedit/graph';

/** x tanh(log(1 + exp(x))), with the logarithm written so that exp never overflows. */
function mish(x: Tensor): Tensor {
  const softplus = add(maximum(x, 0), log(add(exp(neg(abs(x))), 1)));
  return mul(x, tanh(softplus));
}

/** Activations by the names that diffusers' configurations use. */
export const ACTIVATIONS = {
  silu,
  swish: silu,
  mish,
  gelu,
  relu: (x: Tensor): Tensor => maximum(x, 0),
} as const;

export type ActivationName = keyof typeof ACTIVATIONS;
