import { cast, mul, reshape, sub, type Tensor } from '@rewardedit/graph';

/**
 * The lowest finite float32. Next to a visible position, a hidden one with this score gets a weight of exactly 0. If all are hidden, all
 * scores are equal and attention is uniform, as with PyTorch's `finfo.min`; with minus infinity it would be NaN.
 */
export const LOWEST = -3.4028234663852886e38;

/**
 * Returns the mask to add to attention scores, [B, 1, 1, M] (f32), from visibility 1 or 0, [B, M]. It is float32 even if the layers are not:
 * float16 has no number that far below every score.
 */
export function hiddenScores(visible: Tensor): Tensor {
  const [batch, keys] = visible.shape;
  return reshape(mul(sub(1, cast(visible, 'f32')), LOWEST), [batch, 1, 1, keys]);
}
