import { attention, cast, reshape, transpose, type Tensor } from '@rewardedit/graph';

/**
 * Multi-head attention: queries [B, N, C], keys and values [B, M, C] are split into `heads` along the channels, with scores scaled by
 * 1 / sqrt(C / heads). Returns [B, N, C].
 *
 * @param mask added to the scores; broadcasts to [B, heads, N, M]. With a float32 mask, scores are computed in float32 too.
 */
export function multiHeadAttention(
  queries: Tensor,
  keys: Tensor,
  values: Tensor,
  { heads, mask }: { heads: number; mask?: Tensor | undefined },
): Tensor {
  const [batch, tokens, channels] = queries.shape;
  const size = channels / heads;
  const dtype = mask?.dtype ?? queries.dtype;
  const byHead = (x: Tensor) =>
    cast(transpose(reshape(x, [batch, x.shape[1], heads, size]), [0, 2, 1, 3]), dtype);
  const scale = 1 / Math.sqrt(size);
  const attended = attention(byHead(queries), byHead(keys), byHead(values), {
    scale,
    ...(mask && { mask }),
  });
  return cast(reshape(transpose(attended, [0, 2, 1, 3]), [batch, tokens, channels]), queries.dtype);
}
