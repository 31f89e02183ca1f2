import { scoreEmbedding } from '@rewardedit/core';
import { add, concat, gelu, mul, reshape, slice, transpose, type Tensor } from '@rewardedit/graph';
import { addAndNorm, bertAttention } from './bert-attention.ts';
import { convolution, groupNormalization, linear, ZEROS } from './layers.ts';
import type { Scope } from './parameters.ts';
import { SCORES, type RewardConfig } from './reward-config.ts';
import { timestepEmbedding } from './timestep-embedding.ts';
import type { UNetConfig } from './unet-config.ts';

// How rewards condition the U-Net (Gu et al., arXiv 2411.04713, section 4, following its code). They enter in two places:
//
//   scores   -> sinusoids -+- add_embedding  -+
//                          |                  + -> added to the time embedding of every residual block
//   feedback -> CLIP ------+- text_linear2   -+
//                          |
//                          +- add_embedding2 --> score token -+
//                          |                                  + -> cross-attention of the feature map after conv_in
//                          +- text_linear   ---> text token  -+
//
// Names are those of the published checkpoints. With tokens per perspective, the layers that make tokens exist once per perspective
// (`add_embedding2.0`, `text_linear.0`, ...), and there are three feedback texts.

const GROUP_NORM_EPSILON = 1e-6;

export interface RewardInputs {
  /** `rewardSinusoids` of the scores, [B, 3 score_width]. */
  readonly sinusoids: Tensor;
  /** Pooled CLIP vectors of the feedback texts, concatenated, [B, `feedbackWidth`]. */
  readonly feedback: Tensor;
  /** 1 for samples with a reward, 0 for those without, [B]. Only if the configuration has a `mask`. */
  readonly mask?: Tensor | undefined;
}

/** Returns whether a parameter of a U-Net, by its name there, belongs to its reward layers. */
export function isRewardParameter(name: string): boolean {
  return /^(add_embedding2?|text_linear2?|ca|proj_deal)\./.test(name);
}

/** Returns the width of `rewardSinusoids`. */
export function rewardSinusoidWidth(config: RewardConfig): number {
  return SCORES * config.score_width;
}

/**
 * Returns the sinusoids of scores [samples, 3] flat, each 0 to 5: the input `reward_proj`, [samples, 3 score_width] flat. Like those of
 * timesteps they are computed on the host, in the order given by the U-Net's configuration.
 *
 * @param timesteps the U-Net's configuration, or its two relevant options; diffusers' defaults if undefined.
 */
export function rewardSinusoids(
  config: RewardConfig,
  scores: ArrayLike<number>,
  timesteps: Pick<UNetConfig, 'flip_sin_to_cos' | 'freq_shift'> = { flip_sin_to_cos: true, freq_shift: 0 },
): Float32Array {
  const scaled = Array.from(scores, (score) => score * config.score_scale);
  return scoreEmbedding(scaled, config.score_width, {
    flipSinToCos: timesteps.flip_sin_to_cos,
    freqShift: timesteps.freq_shift,
  });
}

/** Zeroes samples whose mask is 0: x [B, ...] times the mask [B]. */
function masked(x: Tensor, mask: Tensor | undefined): Tensor {
  return mask
    ? mul(
        x,
        reshape(
          mask,
          x.shape.map((size, axis) => (axis === 0 ? size : 1)),
        ),
      )
    : x;
}

/** First place: the term added to the time embedding, [B, width]. */
export function rewardEmbedding(
  scope: Scope,
  config: RewardConfig,
  { sinusoids, feedback, mask }: RewardInputs,
  width: number,
): Tensor {
  const last = config.zero_initialized ? ZEROS : undefined;
  scope.at('add_time_proj').trace(reshape(sinusoids, [sinusoids.shape[0] * SCORES, config.score_width]));
  const scores = timestepEmbedding(scope.at('add_embedding'), sinusoids, width, { lastInitialization: last });
  const text = linear(scope.at('text_linear2'), feedback, width, { initialization: last });
  return masked(add(scores, text), mask);
}

/**
 * Second place: the feature map x [B, C, H, W] after `conv_in`, plus its cross-attention to the reward tokens. `ca` is one post-norm layer of
 * a BERT decoder, `proj_deal` projects into and out of it.
 */
export function rewardEncoder(scope: Scope, config: RewardConfig, inputs: RewardInputs, x: Tensor): Tensor {
  const [batch, channels, height, width] = x.shape;
  const tokens = rewardTokens(scope, config, inputs, channels);

  const deal = scope.at('proj_deal');
  const normed = groupNormalization(deal.at('norm'), x, config.norm_num_groups, GROUP_NORM_EPSILON);
  const projected = convolution(deal.at('proj_in'), normed, channels, { kernel: 1 });
  const pixels = transpose(reshape(projected, [batch, channels, height * width]), [0, 2, 1]);
  const attended = bertLayer(scope.at('ca'), pixels, tokens, config.attention_heads);
  const gathered = convolution(
    deal.at('proj_out'),
    reshape(transpose(attended, [0, 2, 1]), x.shape),
    channels,
    { kernel: 1, initialization: config.zero_initialized ? ZEROS : undefined },
  );
  return add(masked(gathered, inputs.mask), x);
}

/** The reward tokens, [B, tokens, channels]. */
function rewardTokens(
  scope: Scope,
  { tokens }: RewardConfig,
  { sinusoids, feedback }: RewardInputs,
  channels: number,
): Tensor {
  const [scores, texts] = [scope.at('add_embedding2'), scope.at('text_linear')];
  const made =
    tokens === 'one-each'
      ? [timestepEmbedding(scores, sinusoids, channels), linear(texts, feedback, channels)]
      : [
          ...perspectives(sinusoids).map((score, i) => timestepEmbedding(scores.at(i), score, channels)),
          ...perspectives(feedback).map((text, i) => linear(texts.at(i), text, channels)),
        ];
  return concat(
    made.map((token) => reshape(token, [token.shape[0], 1, channels])),
    1,
  );
}

/** Splits concatenated values per perspective: [B, 3 W] to three of [B, W]. */
function perspectives(x: Tensor): Tensor[] {
  const [batch, width] = [x.shape[0], x.shape[1] / SCORES];
  return Array.from({ length: SCORES }, (_, i) => slice(x, [0, i * width], [batch, width]));
}

/** Cross-attention of positions [B, N, C] to tokens [B, M, C], then a feed-forward layer. The published dropout of 0.1 is not applied. */
function bertLayer(scope: Scope, pixels: Tensor, tokens: Tensor, heads: number): Tensor {
  const looked = bertAttention(scope.at('attention'), pixels, tokens, { heads });
  const hidden = gelu(linear(scope.at('hidden_intermediate').at('dense'), looked, pixels.shape[2]));
  return scope.trace(addAndNorm(scope.at('output'), hidden, looked));
}
