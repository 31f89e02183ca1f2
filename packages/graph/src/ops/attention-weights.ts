import type { Tensor } from '../tensor.ts';
import { add, mul } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { softmax } from './softmax.ts';

/** softmax(scale q k^T + mask): how much each query looks at each key. */
export function attentionWeights(q: Tensor, k: Tensor, mask: Tensor | undefined, scale: number): Tensor {
  // The queries are scaled, not the scores: these are more, and without their factor f16 may not hold them.
  const scores = matmul(mul(q, scale), k, { transposeB: true });
  return softmax(mask ? add(scores, mask) : scores);
}
