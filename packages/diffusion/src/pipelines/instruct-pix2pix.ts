import type { EditModelConfig } from '../edit-model.ts';
import { textInputs, textNetwork } from '../text-encoding.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * InstructPix2Pix (arXiv 2211.09800): cross-attention to the encoded instruction; a missing instruction is encoded as an empty one. The source
 * picture is concatenated to the noisy sample (`denoise`).
 */
export function instructPix2Pix(model: EditModelConfig): Pipeline {
  return {
    tokens: model.tokens,
    readsPictures: false,
    conditions: (network, batch) => ({ context: textNetwork(model, batch, network) }),
    values: async (samples, { tokenizer }) =>
      textInputs(
        model,
        tokenizer,
        samples.map(({ instruction }) => instruction ?? ''),
      ),
  };
}
