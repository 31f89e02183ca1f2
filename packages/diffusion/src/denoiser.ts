import type { Reward } from '@rewardedit/core';
import type { PictureSize } from '@rewardedit/data';
import { broadcastTo, cast, concat, constant, input, mul, reshape, type Tensor } from '@rewardedit/graph';
import { coordinateChannels, timestepSinusoids, unet, unetInputs, type Network } from '@rewardedit/models';
import { UNET, type EditModelConfig } from './edit-model.ts';
import { pipelineOf } from './pipelines/index.ts';
import { scoreCondition } from './reward-condition.ts';

/** The inputs of the denoising network for a batch, as tensors. */
export interface DenoiserTensors {
  /** Noisy edits, [B, channels, h, w]. */
  readonly noisy: Tensor;
  /** Source pictures, of the same shape; zeros for a sample without its source. */
  readonly source: Tensor;
  /** The instructions as encoded by the pipeline, [B, tokens, width]. */
  readonly context: Tensor;
  /** The pipeline's feature maps, [B, channels, h, w], if it has them. */
  readonly featureMap?: Tensor | undefined;
  /** Pooled vectors of the feedback, [B, width], if the model is conditioned on rewards. */
  readonly feedback?: Tensor | undefined;
}

/**
 * Returns the network's prediction for a batch, [B, channels, h, w] in f32 whatever the network computes in. This is the only place
 * that assembles its inputs, for training and sampling alike. In addition to the tensors it reads the inputs of `denoiserValues`.
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
  const inputs = {
    sample: concat([noisy, source, ...places], 1),
    timeProjection,
    encoderHiddenStates: context,
    classLabels: instructionVector(model, context),
    featureMap: featureMap && mul(featureMap, reshape(input('mapped', [batch]), [batch, 1, 1, 1])),
    reward: reward && feedback && { ...reward, feedback },
  };
  return cast(unet(network.scope.at(UNET), model.unet, inputs, options), 'f32');
}

/** Conditioning of one sample, apart from the tensors. */
export interface DenoiserSample {
  readonly timestep: number;
  readonly reward: Reward | undefined;
  /** Whether it is conditioned on its instruction. */
  readonly text: boolean;
  /** Whether it gets its feature map. A pipeline may still withhold it from samples without an instruction. */
  readonly map: boolean;
}

/** Computes the inputs of `denoise` that come from the host. */
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
 * Returns the vector of the whole sample for models with a `class_embed_type`: the context [B, N, D] with its tokens concatenated,
 * [B, N D]. A small model learns far faster from words by position than from cross-attention alone.
 */
function instructionVector(config: EditModelConfig, context: Tensor): Tensor | undefined {
  const [batch, tokens, width] = context.shape;
  return config.unet.class_embed_type ? reshape(context, [batch, tokens * width]) : undefined;
}
