import { cast, input, mul, reshape, type Tensor, type TensorData } from '@rewardedit/graph';
import {
  clipText,
  createNetwork,
  feedbackCount,
  feedbackWidth,
  pooledPositions,
  pooledText,
  type Network,
  type RewardConfig,
  type Tokenizer,
} from '@rewardedit/models';
import { TEXT_ENCODER, type EditModelConfig } from './edit-model.ts';

/**
 * Returns the length in tokens to which feedback is padded or cut: all positions of the text encoder. Three texts in one are longer than an
 * instruction, and the network only sees their pooled vector, so a longer text costs nothing but time in the text encoder.
 */
export function feedbackTokens({ textEncoder }: Pick<EditModelConfig, 'textEncoder'>): number {
  return textEncoder.max_position_embeddings;
}

/**
 * Encodes instructions from `textInputs`: [B, tokens, hidden_size], in the network's type.
 *
 * If the model reads the instruction by position, the states of padding are set to zero: identical in every text, they would
 * otherwise dominate the vector.
 */
export function textNetwork(
  config: EditModelConfig,
  texts: number,
  network: Network = createNetwork(),
): Tensor {
  const { tokens } = config;
  const ids = input('ids', [texts, tokens], 'i32');
  const all = clipText(network.scope.at(TEXT_ENCODER), config.textEncoder, ids);
  if (!config.unet.class_embed_type) return all;
  const words = cast(input('words', [texts, tokens]), network.scope.dtype);
  return mul(all, reshape(words, [texts, tokens, 1]));
}

/** Encodes feedback from `feedbackInputs`: the pooled vectors of each sample's texts, [B, `feedbackWidth`]. */
export function feedbackNetwork(
  config: EditModelConfig,
  reward: RewardConfig,
  samples: number,
  network: Network = createNetwork(),
): Tensor {
  const texts = samples * feedbackCount(reward);
  const ids = input('feedback_ids', [texts, feedbackTokens(config)], 'i32');
  const encoded = clipText(network.scope.at(TEXT_ENCODER), config.textEncoder, ids);
  const pooled = pooledText(encoded, input('feedback_positions', [texts], 'i32'));
  return reshape(pooled, [samples, feedbackWidth(reward)]);
}

/** Returns the inputs of `textNetwork` for some texts. */
export function textInputs(
  config: EditModelConfig,
  tokenizer: Tokenizer,
  texts: readonly string[],
): Record<string, TensorData> {
  const ids = tokenizer.encodeBatch(texts, config.tokens);
  return config.unet.class_embed_type ? { ids, words: wordMask(config, ids, config.tokens) } : { ids };
}

/** Returns 1 up to the end token of each text and 0 after it, for ids [texts, tokens] flat. */
export function wordMask(
  { textEncoder }: Pick<EditModelConfig, 'textEncoder'>,
  ids: Int32Array,
  tokens: number,
): Float32Array {
  const words = new Float32Array(ids.length);
  const ends = pooledPositions(textEncoder, ids, tokens);
  ends.forEach((end, text) => words.fill(1, text * tokens, end + 1));
  return words;
}

/** Returns the inputs of `feedbackNetwork`. @param texts from `feedbackTexts`, grouped by sample. */
export function feedbackInputs(
  config: EditModelConfig,
  tokenizer: Tokenizer,
  texts: readonly string[],
): Record<string, TensorData> {
  const length = feedbackTokens(config);
  const ids = tokenizer.encodeBatch(texts, length);
  return { feedback_ids: ids, feedback_positions: pooledPositions(config.textEncoder, ids, length) };
}
