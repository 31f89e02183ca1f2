import { input, type Tensor } from '@rewardedit/graph';
import { createNetwork, type Network } from '@rewardedit/models';
import { denoise } from './denoiser.ts';
import type { EditModelConfig } from './edit-model.ts';
import { feedbackNetwork, textNetwork } from './text-encoding.ts';

/**
 * Text encoder and U-Net together, as training needs them. Inputs: those of `textInputs`, of `feedbackInputs` where the model takes
 * rewards, and of `denoiserValues`, `noisy` and `source`.
 *
 * @param options.width of a sample, in positions; `height` as well.
 */
export function trainingNetwork(
  model: EditModelConfig,
  { batch, width, height, recompute }: { batch: number; width: number; height: number; recompute: boolean },
): { network: Network; prediction: Tensor } {
  const network = createNetwork();
  const sample = [batch, model.space.channels, height, width];
  const told = {
    noisy: input('noisy', sample),
    source: input('source', sample),
    encoded: textNetwork(model, batch, network),
    feedback: model.unet.reward && feedbackNetwork(model, batch, network),
  };
  return { network, prediction: denoise(network, model, told, { recompute }) };
}
