import { add, mul, sub, type Tensor } from '@rewardedit/graph';
import { ACTIVATIONS } from './activations.ts';
import { convolution, groupNormalization, linear } from './layers.ts';
import type { Scope } from './parameters.ts';
import { rewardEmbedding, rewardEncoder } from './reward-conditioning.ts';
import { timestepEmbedding } from './timestep-embedding.ts';
import { unetBlocks } from './unet-block-settings.ts';
import { downBlock, midBlock, upBlock } from './unet-blocks.ts';
import { embeddingWidth, type UNetConfig } from './unet-config.ts';
import { castInputs, type UNetInputs } from './unet-inputs.ts';

/**
 * The denoising network: diffusers' `UNet2DConditionModel`, with the reward conditioning of arXiv 2411.04713 if the configuration has a
 * `reward`. Returns [B, out_channels, H, W], in the layers' type.
 *
 * @param options.recompute recomputes the inside of each block in the backward pass instead of storing it.
 * @throws Error if the inputs do not match the configuration.
 */
export function unet(
  scope: Scope,
  config: UNetConfig,
  given: UNetInputs,
  { recompute = false }: { recompute?: boolean } = {},
): Tensor {
  checkInputs(config, given);
  const inputs = castInputs(given, scope.dtype);
  const blocks = unetBlocks(config);

  // The embedding of every residual block: time, class vector, and (first place) rewards.
  let embedding = conditionEmbedding(scope, config, inputs);
  if (config.reward && inputs.reward) {
    embedding = add(embedding, rewardEmbedding(scope, config.reward, inputs.reward, embeddingWidth(config)));
  }
  if (config.time_embedding_act_fn) embedding = ACTIVATIONS[config.time_embedding_act_fn](embedding);
  const conditions = { embedding, encoderHiddenStates: inputs.encoderHiddenStates, recompute };

  const sample = config.center_input_sample ? sub(mul(inputs.sample, 2), 1) : inputs.sample;
  let x = convolution(
    scope.at('conv_in'),
    sample,
    config.block_out_channels[0],
    sameSize(config.conv_in_kernel),
  );
  x = addedToPixels(scope, config, inputs, x);

  const skips = [x];
  for (const [i, block] of blocks.down.entries()) {
    const { output, skips: left } = downBlock(scope.at('down_blocks').at(i), x, block, conditions);
    x = output;
    skips.push(...left);
  }
  if (blocks.mid) x = midBlock(scope.at('mid_block'), x, blocks.mid, conditions);
  for (const [i, block] of blocks.up.entries()) {
    const taken = skips.splice(-block.layers);
    // The size of the next skip connection is twice this one only if that level could be halved evenly.
    const upsampleTo = skips.at(-1)?.shape.slice(2);
    x = upBlock(scope.at('up_blocks').at(i), x, taken, upsampleTo, block, conditions);
  }

  x = groupNormalization(scope.at('conv_norm_out'), x, config.norm_num_groups, config.norm_eps);
  x = ACTIVATIONS[config.act_fn](x);
  return convolution(scope.at('conv_out'), x, config.out_channels, sameSize(config.conv_out_kernel));
}

/** Adds to the feature map x after `conv_in`: SmartEdit's feature map, and (second place) the cross-attention to the rewards. */
function addedToPixels(scope: Scope, { reward }: UNetConfig, inputs: UNetInputs, x: Tensor): Tensor {
  const { featureMap, reward: rewardInput } = inputs;
  const addMap = (h: Tensor) => (featureMap ? add(h, featureMap) : h);
  const addRewards = (h: Tensor) =>
    reward && rewardInput ? rewardEncoder(scope, reward, rewardInput, h) : h;
  return reward?.order === 'rewards-first' ? addMap(addRewards(x)) : addRewards(addMap(x));
}

/** Returns the embedding of the time, and of the class vector if there is one, [B, embeddingWidth]. */
function conditionEmbedding(scope: Scope, config: UNetConfig, inputs: UNetInputs): Tensor {
  const width = embeddingWidth(config);
  scope.at('time_proj').trace(inputs.timeProjection);
  const place = scope.at('time_embedding');
  let time = timestepEmbedding(place, inputs.timeProjection, width, { activation: config.act_fn });
  if (config.timestep_post_act) time = place.trace(ACTIVATIONS[config.timestep_post_act](time));
  if (!inputs.classLabels) return time;
  const embed = { projection: timestepEmbedding, simple_projection: linear }[config.class_embed_type!];
  return add(time, embed(scope.at('class_embedding'), inputs.classLabels, width));
}

function sameSize(kernel: number): { kernel: number; padding: number } {
  return { kernel, padding: (kernel - 1) / 2 };
}

function checkInputs(config: UNetConfig, { classLabels, reward }: UNetInputs): void {
  const pairs = [
    ['class labels', config.class_embed_type !== null, classLabels !== undefined],
    ['rewards', config.reward !== undefined, reward !== undefined],
    ['a reward mask', config.reward?.mask === true, reward?.mask !== undefined],
  ] as const;
  for (const [what, wanted, present] of pairs) {
    if (wanted !== present) {
      throw new Error(`unet: the configuration ${wanted ? 'requires' : 'does not support'} ${what}.`);
    }
  }
}
