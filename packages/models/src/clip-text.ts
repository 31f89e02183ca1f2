import {
  add,
  cast,
  constant,
  gather,
  mul,
  reshape,
  slice,
  sub,
  type DType,
  type Tensor,
} from '@rewardedit/graph';
import type { ClipTextConfig } from './clip-text-config.ts';
import { clipEncoderLayer } from './clip-encoder-layer.ts';
import { layerNormalization } from './layers.ts';
import type { Initialization, Scope } from './parameters.ts';

/** Added to masked scores: far below any score, and within the range of float16 even when added twice. */
const HIDDEN = -1e4;

const normal = (deviation: number): Initialization => ({ kind: 'normal', deviation });

/**
 * CLIP's text encoder (transformers' `CLIPTextModel`): token ids [B, N] (i32) to hidden states [B, N, hidden_size], with causal attention.
 *
 * @param attentionMask 1 for tokens, 0 for padding, [B, N] (f32). Stable Diffusion encodes without a mask.
 */
export function clipText(
  scope: Scope,
  config: ClipTextConfig,
  ids: Tensor,
  { attentionMask }: { attentionMask?: Tensor } = {},
): Tensor {
  const [batch, tokens] = ids.shape;
  if (tokens > config.max_position_embeddings) {
    throw new Error(
      `clipText: ${tokens} tokens, but the encoder has ${config.max_position_embeddings} positions.`,
    );
  }
  let mask = causalMask(tokens, scope.dtype);
  if (attentionMask) {
    const hidden = mul(sub(1, cast(attentionMask, scope.dtype)), HIDDEN);
    mask = add(mask, reshape(hidden, [batch, 1, 1, tokens]));
  }
  const model = scope.at('text_model');
  let x = embeddings(model.at('embeddings'), config, ids);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    x = clipEncoderLayer(model.at('encoder').at('layers').at(layer), config, x, mask);
  }
  return layerNormalization(model.at('final_layer_norm'), x, config.layer_norm_eps);
}

/** The causal mask [1, 1, N, N]: 0 if key j <= query i, else HIDDEN. */
function causalMask(tokens: number, dtype: DType): Tensor {
  const values = Float32Array.from({ length: tokens * tokens }, (_, position) =>
    position % tokens > Math.floor(position / tokens) ? HIDDEN : 0,
  );
  return constant(values, [1, 1, tokens, tokens], dtype);
}

function embeddings(scope: Scope, config: ClipTextConfig, ids: Tensor): Tensor {
  const { vocab_size, max_position_embeddings, hidden_size } = config;
  const table = scope.at('token_embedding').parameter('weight', [vocab_size, hidden_size], normal(0.02));
  const positions = scope
    .at('position_embedding')
    .parameter('weight', [max_position_embeddings, hidden_size], normal(0.02));
  return scope.trace(add(gather(table, ids), slice(positions, [0, 0], [ids.shape[1], hidden_size])));
}

/**
 * Returns the rows of the encoder's output, viewed as [B N, hidden_size], that are the pooled vectors of texts with ids [B, N] flat.
 *
 * They are at the first end token of each text, or at the first token if there is none. If the configuration's eos_token_id is 2, a mistake
 * in those of Stable Diffusion 1.x, they are at the first token with the largest id, which is the actual end token.
 */
export function pooledPositions(config: ClipTextConfig, ids: Int32Array, tokens: number): Int32Array {
  return Int32Array.from({ length: ids.length / tokens }, (_, text) => {
    const own = ids.subarray(text * tokens, (text + 1) * tokens);
    const wanted = config.eos_token_id === 2 ? own.reduce((a, b) => Math.max(a, b)) : config.eos_token_id;
    return text * tokens + Math.max(own.indexOf(wanted), 0);
  });
}

/** Returns the pooled vectors [B, D] of encoded texts [B, N, D] at the rows of `pooledPositions` (i32, [B]). */
export function pooledText(encoded: Tensor, positions: Tensor): Tensor {
  const [batch, tokens, width] = encoded.shape;
  return gather(reshape(encoded, [batch * tokens, width]), positions);
}
