import { add, gelu, mul, reshape, transpose, type Tensor } from '@rewardedit/graph';
import { convolution, groupNormalization, halvedLinear, layerNormalization, linear } from './layers.ts';
import { multiHeadAttention } from './multi-head-attention.ts';
import type { Scope } from './parameters.ts';

const LAYER_NORM_EPSILON = 1e-5;
/** Of the group norm before a transformer, whatever the configuration says. */
const GROUP_NORM_EPSILON = 1e-6;

export interface TransformerSettings {
  readonly heads: number;
  /** Number of transformer blocks. */
  readonly layers: number;
  readonly groups: number;
  /** Projects into and out of the blocks by linear layers instead of 1x1 convolutions. */
  readonly linearProjection: boolean;
  /** Replaces self-attention by cross-attention too. */
  readonly onlyCrossAttention: boolean;
}

/** Attention of x [B, N, C] to a context [B, M, D], or to itself (diffusers' `Attention`). */
function attentionLayer(scope: Scope, x: Tensor, context: Tensor, heads: number): Tensor {
  const channels = x.shape[2];
  const project = (name: string, from: Tensor) => linear(scope.at(name), from, channels, { bias: false });
  const attended = multiHeadAttention(
    project('to_q', x),
    project('to_k', context),
    project('to_v', context),
    {
      heads,
    },
  );
  return scope.trace(linear(scope.at('to_out').at(0), attended, channels));
}

/** GEGLU feed-forward layer, h GELU(gate) (Shazeer, arXiv 2002.05202), four times as wide inside. */
function feedForward(scope: Scope, x: Tensor): Tensor {
  const channels = x.shape[2];
  const gated = scope.at('net').at(0);
  const [hidden, gate] = halvedLinear(gated.at('proj'), x, 8 * channels);
  return scope.trace(linear(scope.at('net').at(2), gated.trace(mul(hidden, gelu(gate))), channels));
}

/** Self-attention, cross-attention to the text and a feed-forward layer, each pre-norm and residual. */
function basicTransformerBlock(
  scope: Scope,
  x: Tensor,
  context: Tensor,
  { heads, onlyCrossAttention }: TransformerSettings,
): Tensor {
  const norm = (name: string, h: Tensor) => layerNormalization(scope.at(name), h, LAYER_NORM_EPSILON);
  const first = norm('norm1', x);
  const own = add(x, attentionLayer(scope.at('attn1'), first, onlyCrossAttention ? context : first, heads));
  const crossed = add(own, attentionLayer(scope.at('attn2'), norm('norm2', own), context, heads));
  return scope.trace(add(crossed, feedForward(scope.at('ff'), norm('norm3', crossed))));
}

/** A transformer over the positions of x [B, C, H, W] with cross-attention to a context [B, M, D], the text (diffusers' `Transformer2DModel`). */
export function transformer2d(
  scope: Scope,
  x: Tensor,
  context: Tensor,
  settings: TransformerSettings,
): Tensor {
  const [batch, channels, height, width] = x.shape;
  const toTokens = (h: Tensor) => transpose(reshape(h, [batch, channels, height * width]), [0, 2, 1]);
  const toPixels = (h: Tensor) => reshape(transpose(h, [0, 2, 1]), x.shape);
  const normed = groupNormalization(scope.at('norm'), x, settings.groups, GROUP_NORM_EPSILON);

  let tokens = settings.linearProjection
    ? linear(scope.at('proj_in'), toTokens(normed), channels)
    : toTokens(convolution(scope.at('proj_in'), normed, channels, { kernel: 1 }));
  for (let layer = 0; layer < settings.layers; layer++) {
    tokens = basicTransformerBlock(scope.at('transformer_blocks').at(layer), tokens, context, settings);
  }
  const projected = settings.linearProjection
    ? toPixels(linear(scope.at('proj_out'), tokens, channels))
    : convolution(scope.at('proj_out'), toPixels(tokens), channels, { kernel: 1 });
  return scope.trace(add(projected, x));
}
