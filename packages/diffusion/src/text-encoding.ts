import { input, mul, reshape, type Tensor, type TensorData } from '@rewardedit/graph';
import {
  clipText,
  createNetwork,
  pooledPositions,
  pooledText,
  type Network,
  type Tokenizer,
} from '@rewardedit/models';
import { TEXT_ENCODER, type EditModelConfig } from './edit-model.ts';

/**
 * Encodes texts, given as `textInputs` prepares them: [B, tokens, hidden_size], and the pooled vectors [B, hidden_size].
 *
 * Where the model reads the instruction by position, what fills up short texts is set to zero: alike in every text, it would
 * otherwise be the larger part of that vector, and drown the words.
 */
export function textNetwork(
  config: EditModelConfig,
  texts: number,
  network: Network = createNetwork(),
): { encoded: Tensor; pooled: Tensor } {
  const { tokens } = config;
  const ids = input('ids', [texts, tokens], 'i32');
  const all = clipText(network.scope.at(TEXT_ENCODER), config.textEncoder, ids);
  const pooled = pooledText(all, input('positions', [texts], 'i32'));
  if (!config.unet.class_embed_type) return { encoded: all, pooled };
  return { encoded: mul(all, reshape(input('words', [texts, tokens]), [texts, tokens, 1])), pooled };
}

/** The inputs of `textNetwork` for some texts; `words` is 1 up to the end token of a text, 0 behind it. */
export function textInputs(
  config: EditModelConfig,
  tokenizer: Tokenizer,
  texts: readonly string[],
): Record<string, TensorData> {
  const ids = tokenizer.encodeBatch(texts);
  const positions = pooledPositions(config.textEncoder, ids, config.tokens);
  if (!config.unet.class_embed_type) return { ids, positions };
  const words = new Float32Array(ids.length);
  positions.forEach((end, text) => words.fill(1, text * config.tokens, end + 1));
  return { ids, positions, words };
}
