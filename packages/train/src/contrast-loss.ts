import { add, maximum, mean, mul, reshape, split, sub, type Tensor } from '@rewardedit/graph';
import type { TrainConfig } from './config.ts';

/** SuperEdit's margin (arXiv 2505.02370), in units of the weighted mean squared error. */
const MARGIN = 5e-3;

/** Returns whether a batch contains its examples twice: with their own instructions, then with wrong ones. */
export function isContrasted({ contrastWeight = 0 }: Pick<TrainConfig, 'contrastWeight'>): boolean {
  return contrastWeight > 0;
}

/**
 * Returns the loss of such a batch: the error with the right instructions, plus SuperEdit's triplet loss max(d(e, e+) - d(e, e-) + margin, 0),
 * where e+ is the prediction with the right instruction and e- the one with a wrong instruction.
 *
 * @param errors weighted squared errors, [2 B, channels, height, width].
 * @param contrasted [B], 1 for examples with a wrong instruction, else 0.
 */
export function contrastLoss(
  errors: Tensor,
  contrasted: Tensor,
  { contrastWeight = 0, contrastMargin = MARGIN }: Pick<TrainConfig, 'contrastWeight' | 'contrastMargin'>,
): Tensor<unknown, 'f32'> {
  const [right, wrong] = split(errors, 2, 0).map((half) => mean(half, [1, 2, 3]));
  const distance = add(sub(right, wrong), contrastMargin);
  const triplet = mul(maximum(distance, 0), reshape(contrasted, right.shape));
  return add(mean(right), mul(mean(triplet), contrastWeight));
}
