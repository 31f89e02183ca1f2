import {
  add,
  cast,
  constant,
  div,
  gather,
  matmul,
  mean,
  minimum,
  mul,
  reshape,
  silu,
  sqrt,
  type Tensor,
} from '@rewardedit/graph';
import { linear } from '../layers.ts';
import { multiHeadAttention } from '../multi-head-attention.ts';
import type { Initialization, Scope } from '../parameters.ts';
import { hiddenScores, LOWEST } from './hidden-scores.ts';
import type { LlamaConfig } from './llama-config.ts';
import { rotaryTables, rotated, type RotaryTables } from './rotary.ts';

const SMALL: Initialization = { kind: 'normal', deviation: 0.02 };

function tokenTable(scope: Scope, { vocab_size, hidden_size }: LlamaConfig): Tensor {
  return scope.at('model').at('embed_tokens').parameter('weight', [vocab_size, hidden_size], SMALL);
}

/** Returns the embeddings of token ids [B, N] (i32), [B, N, hidden_size]. */
export function tokenVectors(scope: Scope, config: LlamaConfig, ids: Tensor): Tensor {
  return gather(tokenTable(scope, config), ids);
}

/** Projects image features [B, I, W] to embeddings of the language model, [B, I, hidden_size] (LLaVA's `mm_projector`). */
export function imageVectors(scope: Scope, { hidden_size }: LlamaConfig, features: Tensor): Tensor {
  return linear(scope.at('mm_projector'), features, hidden_size);
}

/**
 * LLaMA's decoder (transformers' `LlamaModel`): embeddings [B, N, hidden_size] to hidden states of the same shape after the final norm, with
 * causal attention.
 *
 * @param visible 1 for tokens, 0 for padding after them, [B, N].
 */
export function llama(scope: Scope, config: LlamaConfig, vectors: Tensor, visible?: Tensor): Tensor {
  const [, tokens] = vectors.shape;
  const { hidden_size: width, num_attention_heads: heads, rms_norm_eps: epsilon } = config;
  const causal = causalScores(tokens);
  // The minimum of both, since their sum overflows float32.
  const mask = visible ? minimum(causal, hiddenScores(visible)) : causal;
  const tables = rotaryTables(tokens, width / heads, config.rope_theta, scope.dtype);
  const model = scope.at('model');
  let x = vectors;
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const place = model.at('layers').at(layer);
    const norm = (name: string, h: Tensor) => rmsNormalization(place.at(name), h, epsilon);
    const attended = selfAttention(place.at('self_attn'), norm('input_layernorm', x), {
      heads,
      mask,
      tables,
    });
    x = add(x, attended);
    x = place.trace(add(x, gatedPerceptron(place.at('mlp'), norm('post_attention_layernorm', x), config)));
  }
  return rmsNormalization(model.at('norm'), x, epsilon);
}

/** Returns next-token logits [B, N, vocab_size] of hidden states [B, N, hidden_size]. */
export function languageHead(scope: Scope, { vocab_size }: LlamaConfig, states: Tensor): Tensor {
  return linear(scope.at('lm_head'), states, vocab_size, { bias: false, initialization: SMALL });
}

/** The causal mask [1, 1, N, N]: 0 if key j <= query i, else the lowest float32. */
function causalScores(tokens: number): Tensor {
  const values = Float32Array.from({ length: tokens * tokens }, (_, position) =>
    position % tokens > Math.floor(position / tokens) ? LOWEST : 0,
  );
  return constant(values, [1, 1, tokens, tokens]);
}

/** Returns next-token logits with tied embeddings (transformers' `tie_word_embeddings`). */
export function languageLogits(scope: Scope, config: LlamaConfig, states: Tensor): Tensor {
  const [batch, tokens, width] = states.shape;
  const rows = reshape(states, [batch * tokens, width]);
  const logits = matmul(rows, tokenTable(scope, config), { transposeB: true });
  return reshape(logits, [batch, tokens, config.vocab_size]);
}

function selfAttention(
  scope: Scope,
  x: Tensor,
  { heads, mask, tables }: { heads: number; mask: Tensor; tables: RotaryTables },
): Tensor {
  const project = (name: string, from: Tensor) =>
    linear(scope.at(name), from, x.shape[2], { bias: false, initialization: SMALL });
  const attended = multiHeadAttention(
    rotated(project('q_proj', x), tables, heads),
    rotated(project('k_proj', x), tables, heads),
    project('v_proj', x),
    { heads, mask },
  );
  return project('o_proj', attended);
}

/** SwiGLU feed-forward layer (Shazeer, arXiv 2002.05202). */
function gatedPerceptron(scope: Scope, x: Tensor, { intermediate_size, hidden_size }: LlamaConfig): Tensor {
  const project = (name: string, from: Tensor, outputs: number) =>
    linear(scope.at(name), from, outputs, { bias: false, initialization: SMALL });
  const gate = silu(project('gate_proj', x, intermediate_size));
  return project('down_proj', mul(gate, project('up_proj', x, intermediate_size)), hidden_size);
}

/** RMS norm: x / sqrt(mean(x^2) + epsilon) times a weight (Zhang and Sennrich, arXiv 1910.07467), with the mean in float32. */
function rmsNormalization(scope: Scope, x: Tensor, epsilon: number): Tensor {
  const wide = cast(x, 'f32');
  const size = sqrt(add(mean(mul(wide, wide), [-1]), epsilon));
  const weight = scope.parameter('weight', [x.shape[x.shape.length - 1]], { kind: 'constant', value: 1 });
  return scope.trace(mul(cast(div(wide, size), x.dtype), weight));
}
