import { add, maximum, type Tensor } from '@rewardedit/graph';
import { layerNormalization, linear } from '../layers.ts';
import { multiHeadAttention } from '../multi-head-attention.ts';
import type { Scope } from '../parameters.ts';
import type { BimConfig } from './bim-config.ts';

/** Tokens [B, N, width] and image features [B, h w, width], which attend to each other. */
export interface TwoWay {
  readonly tokens: Tensor;
  readonly image: Tensor;
}

/**
 * SAM's mask decoder (`TwoWayTransformer` of SmartEdit's `model/two_way_transformer.py`): tokens attend to each other and to the image, and the
 * image attends to the tokens. The initial tokens serve as their position embeddings, added to queries and keys.
 *
 * @param positions of the image features, [1, h w, width].
 */
export function twoWayTransformer(
  scope: Scope,
  config: BimConfig,
  { tokens: first, image: keys }: TwoWay,
  positions: Tensor,
): TwoWay {
  let tokens = first;
  let image = keys;
  const tokensLookAtImage = (place: Scope) =>
    crossAttention(place, config, {
      queries: add(tokens, first),
      keys: add(image, positions),
      values: image,
    });
  for (let layer = 0; layer < config.depth; layer++) {
    const place = scope.at('layers').at(layer);
    const norm = (name: string, x: Tensor) => layerNormalization(place.at(name), x, config.layer_norm_eps);

    const selfAttention = (asked: Tensor) =>
      projectedAttention(place.at('self_attn'), config, config.width, {
        queries: asked,
        keys: asked,
        values: tokens,
      });
    // In the first block the tokens equal their position embeddings: neither is added, and there is no residual.
    tokens = norm(
      'norm1',
      layer === 0 ? selfAttention(tokens) : add(tokens, selfAttention(add(tokens, first))),
    );
    tokens = norm('norm2', add(tokens, tokensLookAtImage(place.at('cross_attn_token_to_image'))));
    tokens = norm('norm3', add(tokens, perceptron(place.at('mlp'), tokens, config.mlp_width)));
    const seen = crossAttention(place.at('cross_attn_image_to_token'), config, {
      queries: add(image, positions),
      keys: add(tokens, first),
      values: tokens,
    });
    image = norm('norm4', add(image, seen));
  }
  const last = add(tokens, tokensLookAtImage(scope.at('final_attn_token_to_image')));
  return { tokens: layerNormalization(scope.at('norm_final_attn'), last, config.layer_norm_eps), image };
}

interface Attended {
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

function crossAttention(scope: Scope, config: BimConfig, attended: Attended): Tensor {
  return projectedAttention(scope, config, config.width / config.attention_downsample_rate, attended);
}

/** Attention with an inner width of `inner`. */
function projectedAttention(
  scope: Scope,
  { heads, width }: BimConfig,
  inner: number,
  { queries, keys, values }: Attended,
): Tensor {
  const mixed = multiHeadAttention(
    linear(scope.at('q_proj'), queries, inner),
    linear(scope.at('k_proj'), keys, inner),
    linear(scope.at('v_proj'), values, inner),
    { heads },
  );
  return scope.trace(linear(scope.at('out_proj'), mixed, width));
}

function perceptron(scope: Scope, x: Tensor, inner: number): Tensor {
  const hidden = maximum(linear(scope.at('lin1'), x, inner), 0);
  return scope.trace(linear(scope.at('lin2'), hidden, x.shape[2]));
}
