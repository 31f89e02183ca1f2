import { cast, mul, reshape, sub, type Tensor } from '@rewardedit/graph';

/**
 * The lowest finite number of float32. Beside a visible position, a hidden one with it gets exactly no weight; where all are hidden,
 * all scores become this one number and attention is uniform, as PyTorch's is with its `finfo.min`. With minus infinity
 * it would be NaN.
 */
export const LOWEST = -3.4028234663852886e38;

/**
 * What is added to the scores of attention so that keys are hidden, [B, 1, 1, M] (f32), from what is visible: 1 or 0, [B, M].
 * In float32 whatever the layers compute in: float16 has no number that is as far below every score.
 */
export function hiddenScores(visible: Tensor): Tensor {
  const [batch, keys] = visible.shape;
  return reshape(mul(sub(1, cast(visible, 'f32')), LOWEST), [batch, 1, 1, keys]);
}
