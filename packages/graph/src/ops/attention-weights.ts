import type { Tensor } from '../tensor.ts';
import { add, mul } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { softmax } from './softmax.ts';

/** softmax(scale q k^T + mask): the weight of each key for each query. */
export function attentionWeights(q: Tensor, k: Tensor, mask: Tensor | undefined, scale: number): Tensor {
  // Scale the queries, not the scores: there are fewer of them, and unscaled scores may overflow f16.
  const scores = matmul(mul(q, scale), k, { transposeB: true });
  return softmax(mask ? add(scores, mask) : scores);
}
