import { input, slice, type Tensor } from '@rewardedit/graph';
import { createNetwork, type Network } from '@rewardedit/models';
import { denoise } from './denoiser.ts';
import type { EditModelConfig } from './edit-model.ts';
import { textNetwork } from './text-encoding.ts';

/**
 * Text encoder and U-Net together, as training needs them. Texts are the batch's instructions, and behind them its feedback
 * where the model takes rewards. Inputs: those of `textInputs` and `denoiserValues`, `noisy` and `source`.
 *
 * @param options.width of a sample, in positions; `height` as well.
 */
export function trainingNetwork(
  model: EditModelConfig,
  { batch, width, height, recompute }: { batch: number; width: number; height: number; recompute: boolean },
): { network: Network; prediction: Tensor } {
  const network = createNetwork();
  const { reward } = model.unet;
  const { encoded, pooled } = textNetwork(model, reward ? 2 * batch : batch, network);
  const rows = (x: Tensor, start: number) =>
    slice(
      x,
      x.shape.map((_, axis) => (axis === 0 ? start : 0)),
      x.shape.with(0, batch),
    );
  const sample = [batch, model.space.channels, height, width];
  const told = {
    noisy: input('noisy', sample),
    source: input('source', sample),
    encoded: rows(encoded, 0),
    feedback: reward && rows(pooled, batch),
  };
  return { network, prediction: denoise(network, model, told, { recompute }) };
}
