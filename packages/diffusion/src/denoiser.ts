import type { Reward } from '@rewardedit/core';
import type { PictureSize } from '@rewardedit/data';
import { broadcastTo, cast, concat, constant, reshape, type Tensor } from '@rewardedit/graph';
import { timestepSinusoids, unet, unetInputs, type Network } from '@rewardedit/models';
import { UNET, type EditModelConfig } from './edit-model.ts';
import { coordinateChannels } from './picture-space/index.ts';
import { scoreCondition } from './reward-condition.ts';

/** What the network is told about a batch, as tensors. */
export interface DenoiserTensors {
  /** Edits with noise, [B, channels, h, w]. */
  readonly noisy: Tensor;
  /** The pictures that are edited, of the same shape; zeros where one is not shown. */
  readonly source: Tensor;
  /** The encoded instructions, [B, tokens, width]. */
  readonly encoded: Tensor;
  /** The pooled vectors of the feedback, [B, width], where the model takes rewards. */
  readonly feedback?: Tensor | undefined;
}

/**
 * What the network predicts for a batch: the only place where its inputs are put together, for training and for sampling alike.
 * Beside the tensors it reads the inputs that `denoiserValues` gives. The prediction is f32, whatever the network computes in.
 */
export function denoise(
  network: Network,
  model: EditModelConfig,
  { noisy, source, encoded, feedback }: DenoiserTensors,
  options: { recompute?: boolean } = {},
): Tensor {
  const [batch, , height, width] = noisy.shape;
  const { timeProjection, reward } = unetInputs(model.unet, { batch, width, height, tokens: model.tokens });
  const places = model.coordinates ? [coordinates(batch, { width, height })] : [];
  const told = {
    sample: concat([noisy, source, ...places], 1),
    timeProjection,
    encoderHiddenStates: encoded,
    classLabels: instructionVector(model, encoded),
    reward: reward && feedback && { ...reward, feedback },
  };
  return cast(unet(network.scope.at(UNET), model.unet, told, options), 'f32');
}

/** The inputs of `denoise` that are computed on the host: what each sample is told of its timestep, and of its reward if it has one. */
export function denoiserValues(
  { unet: config }: EditModelConfig,
  samples: readonly { readonly timestep: number; readonly reward: Reward | undefined }[],
): Record<string, Float32Array> {
  const rewards = samples.map(({ reward }) => reward);
  return {
    time_proj: timestepSinusoids(
      config,
      samples.map(({ timestep }) => timestep),
    ),
    ...(config.reward && { reward_proj: scoreCondition(config, config.reward, rewards) }),
    ...(config.reward?.mask && { reward_mask: Float32Array.from(rewards, (reward) => (reward ? 1 : 0)) }),
  };
}

function coordinates(batch: number, size: PictureSize): Tensor {
  const one = constant(coordinateChannels(size), [1, 2, size.height, size.width]);
  return broadcastTo(one, [batch, 2, size.height, size.width]);
}

/**
 * The vector for the whole sample of models that have a `class_embed_type`: the encoded instruction [B, N, D], one token after
 * the other. A small model learns far faster from words by position than from attention to them alone.
 */
function instructionVector(config: EditModelConfig, encoded: Tensor): Tensor | undefined {
  const [batch, tokens, width] = encoded.shape;
  return config.unet.class_embed_type ? reshape(encoded, [batch, tokens * width]) : undefined;
}
