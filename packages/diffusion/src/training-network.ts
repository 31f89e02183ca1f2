import { input, type Tensor } from '@rewardedit/graph';
import { createNetwork, feedbackWidth, textWidth, type Network, type RewardConfig } from '@rewardedit/models';
import { denoise } from './denoiser.ts';
import type { EditModelConfig } from './edit-model.ts';
import { pipelineOf, type Conditions } from './pipelines/index.ts';
import { typesToTrain, type Precision } from './precision.ts';
import { feedbackNetwork, textNetwork } from './text-encoding.ts';

/**
 * Builds all networks for training. Inputs: those of the pipeline, of `feedbackInputs` if the model is conditioned on rewards, and of
 * `denoiserValues`, `noisy` and `source`. If texts are `encoded`, the text encoder is left out, and the inputs `context`, [B, tokens, width],
 * and `feedback`, [B, `feedbackWidth`], replace the first two.
 *
 * @param options.width of a sample, in positions; likewise `height`.
 * @param options.precision of the layers; parameters and the prediction are f32.
 */
export function trainingNetwork(
  model: EditModelConfig,
  {
    batch,
    width,
    height,
    recompute,
    precision,
    texts,
  }: {
    batch: number;
    width: number;
    height: number;
    recompute: boolean;
    precision: Precision;
    texts: 'encoded' | 'as-ids';
  },
): { network: Network; prediction: Tensor; conditions: Conditions } {
  const network = createNetwork(typesToTrain(precision));
  const sample = [batch, model.space.channels, height, width];
  const { reward } = model.unet;
  const pipeline = pipelineOf(model);
  const conditions =
    texts === 'encoded'
      ? { context: input('context', [batch, pipeline.tokens, textWidth(model.unet)]) }
      : pipeline.conditions(network, batch, { height, width });
  const feedback = (rewards: RewardConfig) =>
    texts === 'encoded'
      ? input('feedback', [batch, feedbackWidth(rewards)])
      : feedbackNetwork(model, rewards, batch, network);
  const inputs = {
    ...conditions,
    noisy: input('noisy', sample),
    source: input('source', sample),
    feedback: reward && feedback(reward),
  };
  return { network, conditions, prediction: denoise(network, model, inputs, { recompute }) };
}

/**
 * Builds the networks that align SmartEdit's queries with the text encoder: the pipeline's conditions without a U-Net, the text encoder's
 * states of the same instructions, and a mask of the samples that have an instruction, [B]. Inputs: those of the pipeline and of
 * `textInputs`.
 */
export function alignmentNetwork(
  model: EditModelConfig,
  { batch, precision }: { batch: number; precision: Precision },
): { network: Network; conditions: Conditions; texts: Tensor; instructed: Tensor } {
  const network = createNetwork(typesToTrain(precision));
  // The feature map is not used, so its size does not matter.
  const conditions = pipelineOf(model).conditions(network, batch, { height: 1, width: 1 });
  return {
    network,
    conditions,
    texts: textNetwork(model, batch, network),
    instructed: input('instructed', [batch]),
  };
}
