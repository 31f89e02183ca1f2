import { cast, div, mean, mul, sqrt, sub, type Tensor } from '@rewardedit/graph';

/**
 * Returns the spread of the queries [B, N, C]: their standard deviation over the queries, relative to their RMS. A scalar. Near 0 all queries are
 * the same vector, and the U-Net's context is one token repeated N times: users of the original got 77 equal outputs, and noise for
 * pictures, without a warning.
 */
export function querySpread(queries: Tensor): Tensor {
  const outputs = cast(queries, 'f32');
  const apart = sub(outputs, mean(outputs, [1]));
  return sqrt(div(mean(mul(apart, apart)), mean(mul(outputs, outputs))));
}
