import { add, gelu, quickGelu, type Tensor } from '@rewardedit/graph';
import { layerNormalization, linear } from './layers.ts';
import { multiHeadAttention } from './multi-head-attention.ts';
import type { Initialization, Scope } from './parameters.ts';

const ACTIVATIONS = { quick_gelu: quickGelu, gelu };

/** The common settings of CLIP's text and vision layers. */
export interface ClipLayerConfig {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly hidden_act: keyof typeof ACTIVATIONS;
  readonly layer_norm_eps: number;
}

const normal = (deviation: number): Initialization => ({ kind: 'normal', deviation });

/** Self-attention and an MLP, each pre-norm and residual, over x [B, N, hidden_size]. Weights are initialized as in transformers. */
export function clipEncoderLayer(
  scope: Scope,
  config: ClipLayerConfig,
  x: Tensor,
  mask: Tensor | undefined,
): Tensor {
  const width = config.hidden_size;
  const into = normal((2 * config.num_hidden_layers * width) ** -0.5);
  const norm = (name: string, h: Tensor) => layerNormalization(scope.at(name), h, config.layer_norm_eps);

  const attn = scope.at('self_attn');
  const seen = norm('layer_norm1', x);
  const project = (name: string) => linear(attn.at(name), seen, width, { initialization: into });
  const attended = multiHeadAttention(project('q_proj'), project('k_proj'), project('v_proj'), {
    heads: config.num_attention_heads,
    mask,
  });
  const mixed = add(
    x,
    linear(attn.at('out_proj'), attended, width, { initialization: normal(width ** -0.5) }),
  );

  const mlp = scope.at('mlp');
  const hidden = linear(mlp.at('fc1'), norm('layer_norm2', mixed), config.intermediate_size, {
    initialization: normal((2 * width) ** -0.5),
  });
  const activated = ACTIVATIONS[config.hidden_act](hidden);
  return scope.trace(add(mixed, linear(mlp.at('fc2'), activated, width, { initialization: into })));
}
