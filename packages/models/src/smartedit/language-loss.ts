import {
  add,
  cast,
  constant,
  div,
  equal,
  exp,
  greater,
  log,
  max,
  maximum,
  mul,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
} from '@rewardedit/graph';

/** Label of a position to ignore (PyTorch's `ignore_index`). */
export const IGNORED = -100;

/**
 * Next-token cross-entropy: logits [B, N, V] at each position with the label of the next position, [B, N] (i32), averaged over labels other
 * than `IGNORED`; 0 if there are none. A scalar.
 */
export function languageLoss(logits: Tensor, labels: Tensor): Tensor {
  const [batch, tokens, vocabulary] = logits.shape;
  const positions = batch * (tokens - 1);
  const x = cast(
    reshape(slice(logits, [0, 0, 0], [batch, tokens - 1, vocabulary]), [positions, vocabulary]),
    'f32',
  );
  // Ids up to 2^24 are exact in float32.
  const next = reshape(cast(slice(labels, [0, 1], [batch, tokens - 1]), 'f32'), [positions, 1]);
  const ids = constant(
    Float32Array.from({ length: vocabulary }, (_, id) => id),
    [1, vocabulary],
  );
  const chosen = sum(mul(x, equal(next, ids)), [1]);
  const counts = greater(next, -0.5);
  const errors = mul(counts, sub(logSumExp(x), chosen));
  return div(sum(errors), maximum(sum(counts), 1));
}

/** log(sum(exp(x))) along the last axis, [n, 1], without overflow of exp or log(0). */
function logSumExp(x: Tensor): Tensor {
  const largest = max(x, [-1]);
  return add(log(sum(exp(sub(x, largest)), [-1])), largest);
}
