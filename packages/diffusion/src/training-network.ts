import { input, type Tensor } from '@rewardedit/graph';
import { createNetwork, type Network } from '@rewardedit/models';
import { denoise } from './denoiser.ts';
import type { EditModelConfig } from './edit-model.ts';
import { typesToTrain, type Precision } from './precision.ts';
import { feedbackNetwork, textNetwork } from './text-encoding.ts';

/**
 * Text encoder and U-Net together, as training needs them. Inputs: those of `textInputs`, of `feedbackInputs` where the model takes
 * rewards, and of `denoiserValues`, `noisy` and `source`.
 *
 * @param options.width of a sample, in positions; `height` as well.
 * @param options.precision what layers compute in; parameters and the prediction are f32.
 */
export function trainingNetwork(
  model: EditModelConfig,
  {
    batch,
    width,
    height,
    recompute,
    precision,
  }: { batch: number; width: number; height: number; recompute: boolean; precision: Precision },
): { network: Network; prediction: Tensor } {
  const network = createNetwork(typesToTrain(precision));
  const sample = [batch, model.space.channels, height, width];
  const told = {
    noisy: input('noisy', sample),
    source: input('source', sample),
    encoded: textNetwork(model, batch, network),
    feedback: model.unet.reward && feedbackNetwork(model, batch, network),
  };
  return { network, prediction: denoise(network, model, told, { recompute }) };
}
