import { cast, div, mean, mul, sqrt, sub, type Tensor } from '@rewardedit/graph';

/**
 * How far the outputs of queries [B, N, C] are from one another: their deviation over the queries as a share of their size, a single
 * number. Near 0 all queries give the same vector, and the U-Net is told one thing N times: users of the original got
 * 77 equal outputs, and noise for pictures, without a word.
 */
export function querySpread(queries: Tensor): Tensor {
  const outputs = cast(queries, 'f32');
  const apart = sub(outputs, mean(outputs, [1]));
  return sqrt(div(mean(mul(apart, apart)), mean(mul(outputs, outputs))));
}
