import type { Reward } from '@rewardedit/core';
import type { PictureSize } from '@rewardedit/data';
import { broadcastTo, cast, concat, constant, input, mul, reshape, type Tensor } from '@rewardedit/graph';
import { timestepSinusoids, unet, unetInputs, type Network } from '@rewardedit/models';
import { UNET, type EditModelConfig } from './edit-model.ts';
import { coordinateChannels } from './picture-space/index.ts';
import { pipelineOf } from './pipelines/index.ts';
import { scoreCondition } from './reward-condition.ts';

/** What the network is told about a batch, as tensors. */
export interface DenoiserTensors {
  /** Edits with noise, [B, channels, h, w]. */
  readonly noisy: Tensor;
  /** The pictures that are edited, of the same shape; zeros where one is not shown. */
  readonly source: Tensor;
  /** What the pipeline makes of the instructions, [B, tokens, width]. */
  readonly context: Tensor;
  /** The pipeline's feature maps, where it has them, [B, channels, h, w]. */
  readonly featureMap?: Tensor | undefined;
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
  { noisy, source, context, featureMap, feedback }: DenoiserTensors,
  options: { recompute?: boolean } = {},
): Tensor {
  const [batch, , height, width] = noisy.shape;
  const { timeProjection, reward } = unetInputs(model.unet, {
    batch,
    width,
    height,
    tokens: context.shape[1],
  });
  const places = model.coordinates ? [coordinates(batch, { width, height })] : [];
  const told = {
    sample: concat([noisy, source, ...places], 1),
    timeProjection,
    encoderHiddenStates: context,
    classLabels: instructionVector(model, context),
    featureMap: featureMap && mul(featureMap, reshape(input('mapped', [batch]), [batch, 1, 1, 1])),
    reward: reward && feedback && { ...reward, feedback },
  };
  return cast(unet(network.scope.at(UNET), model.unet, told, options), 'f32');
}

/** What a sample is told beside the tensors. */
export interface DenoiserSample {
  readonly timestep: number;
  readonly reward: Reward | undefined;
  /** Whether it is told its instruction. */
  readonly text: boolean;
  /** Whether it is given its feature map, where the pipeline has one and gives it to samples with, or without, an instruction. */
  readonly map: boolean;
}

/** The inputs of `denoise` that are computed on the host. */
export function denoiserValues(
  model: EditModelConfig,
  samples: readonly DenoiserSample[],
): Record<string, Float32Array> {
  const config = model.unet;
  const { featureMap } = pipelineOf(model);
  const rewards = samples.map(({ reward }) => reward);
  return {
    time_proj: timestepSinusoids(
      config,
      samples.map(({ timestep }) => timestep),
    ),
    ...(config.reward && { reward_proj: scoreCondition(config, config.reward, rewards) }),
    ...(featureMap && {
      mapped: Float32Array.from(samples, ({ text, map }) =>
        map && (text || featureMap.withoutText) ? 1 : 0,
      ),
    }),
    ...(config.reward?.mask && { reward_mask: Float32Array.from(rewards, (reward) => (reward ? 1 : 0)) }),
  };
}

function coordinates(batch: number, size: PictureSize): Tensor {
  const one = constant(coordinateChannels(size), [1, 2, size.height, size.width]);
  return broadcastTo(one, [batch, 2, size.height, size.width]);
}

/**
 * The vector for the whole sample of models that have a `class_embed_type`: the context [B, N, D], one token after
 * the other. A small model learns far faster from words by position than from attention to them alone.
 */
function instructionVector(config: EditModelConfig, context: Tensor): Tensor | undefined {
  const [batch, tokens, width] = context.shape;
  return config.unet.class_embed_type ? reshape(context, [batch, tokens * width]) : undefined;
}
