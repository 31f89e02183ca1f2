import { cast, input, type Tensor } from '@rewardedit/graph';
import { feedbackWidth } from './reward-config.ts';
import { rewardSinusoidWidth, type RewardInputs } from './reward-conditioning.ts';
import { textWidth, type UNetConfig } from './unet-config.ts';

export interface UNetInputs {
  /** Noisy edit and source, concatenated, [B, in_channels, H, W], of any height and width. */
  readonly sample: Tensor;
  /** `timestepSinusoids` of the timesteps, [B, block_out_channels[0]]. */
  readonly timeProjection: Tensor;
  /** The encoded instruction, [B, tokens, cross_attention_dim]. */
  readonly encoderHiddenStates: Tensor;
  /** A vector for the whole sample, [B, projection_class_embeddings_input_dim], if the configuration has a `class_embed_type`. */
  readonly classLabels?: Tensor | undefined;
  /** Added after `conv_in`, [B, block_out_channels[0], H, W]: SmartEdit's feature map. */
  readonly featureMap?: Tensor | undefined;
  /** If the configuration has a `reward`. */
  readonly reward?: RewardInputs | undefined;
}

/**
 * Creates the graph inputs of a forward pass: `sample`, `time_proj`, `encoder_hidden_states`, `class_labels`, `reward_proj`, `negative_embeds`
 * (the published code's name for the pooled feedback) and `reward_mask`.
 */
export function unetInputs(
  config: UNetConfig,
  { batch, height, width, tokens }: { batch: number; height: number; width: number; tokens: number },
): UNetInputs {
  const { reward, class_embed_type, projection_class_embeddings_input_dim: classWidth } = config;
  return {
    sample: input('sample', [batch, config.in_channels, height, width]),
    timeProjection: input('time_proj', [batch, config.block_out_channels[0]]),
    encoderHiddenStates: input('encoder_hidden_states', [batch, tokens, textWidth(config)]),
    classLabels: class_embed_type && classWidth ? input('class_labels', [batch, classWidth]) : undefined,
    reward: reward && {
      sinusoids: input('reward_proj', [batch, rewardSinusoidWidth(reward)]),
      feedback: input('negative_embeds', [batch, feedbackWidth(reward)]),
      mask: reward.mask ? input('reward_mask', [batch]) : undefined,
    },
  };
}

/** Casts the inputs to another element type. */
export function castInputs(
  { sample, timeProjection, encoderHiddenStates, classLabels, featureMap, reward }: UNetInputs,
  dtype: 'f32' | 'f16',
): UNetInputs {
  const optional = (x: Tensor | undefined) => x && cast(x, dtype);
  return {
    sample: cast(sample, dtype),
    timeProjection: cast(timeProjection, dtype),
    encoderHiddenStates: cast(encoderHiddenStates, dtype),
    classLabels: optional(classLabels),
    featureMap: optional(featureMap),
    reward: reward && {
      sinusoids: cast(reward.sinusoids, dtype),
      feedback: cast(reward.feedback, dtype),
      mask: optional(reward.mask),
    },
  };
}
