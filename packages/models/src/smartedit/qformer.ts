import { add, broadcastTo, gelu, type Tensor } from '@rewardedit/graph';
import { addAndNorm, bertAttention } from '../bert-attention.ts';
import { layerNormalization, linear } from '../layers.ts';
import type { Scope } from '../parameters.ts';
import { hiddenScores } from './hidden-scores.ts';
import type { QFormerConfig } from './qformer-config.ts';

/**
 * SmartEdit's Q-Former (`BertModel` of `model/LLMSD_QFormerv01.py`, as called by `inference_sd_qformer`): learned queries attend to a language
 * model's states [B, M, encoder_width] and become [B, query_length, hidden_size]. Dropout is not applied.
 *
 * @param options.visible 1 for states visible to the queries, else 0, [B, M]; all are visible if undefined. A sample without visible states
 * attends to all of them uniformly, as in the original training.
 * @param options.start added to the learned queries, [B, query_length, hidden_size]; not in the original.
 */
export function qformer(
  scope: Scope,
  config: QFormerConfig,
  states: Tensor,
  { visible, start }: { readonly visible?: Tensor | undefined; readonly start?: Tensor | undefined } = {},
): Tensor {
  const [batch] = states.shape;
  const { hidden_size: width, query_length: queries, num_attention_heads: heads } = config;
  const tokens = scope.parameter('sd_query_tokens', [1, queries, width], { kind: 'normal', deviation: 0.02 });
  const mask = visible && hiddenScores(visible);
  const learned = broadcastTo(tokens, [batch, queries, width]);
  const bert = scope.at('sd_qformer');
  const embeddings = bert.at('embeddings');
  let x = embeddings.trace(
    layerNormalization(
      embeddings.at('LayerNorm'),
      start ? add(learned, start) : learned,
      config.layer_norm_eps,
    ),
  );
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const place = bert.at('encoder').at('layer').at(layer);
    x = bertAttention(place.at('attention'), x, x, { heads });
    if (layer % config.cross_attention_freq === 0)
      x = bertAttention(place.at('crossattention'), x, states, { heads, mask });
    const intermediate = place.at('intermediate_query');
    const hidden = intermediate.trace(gelu(linear(intermediate.at('dense'), x, config.intermediate_size)));
    x = place.trace(addAndNorm(place.at('output_query'), hidden, x));
  }
  return x;
}
