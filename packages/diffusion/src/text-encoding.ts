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
 * Ids that feedback is filled up or cut to: as many as the text encoder can tell apart. Three texts in one are longer than an
 * instruction, and of them the network sees one vector only, so that a longer text costs the text encoder alone.
 */
export function feedbackTokens({ textEncoder }: Pick<EditModelConfig, 'textEncoder'>): number {
  return textEncoder.max_position_embeddings;
}

/**
 * Encodes instructions, given as `textInputs` prepares them: [B, tokens, hidden_size], in what the network computes in.
 *
 * Where the model reads the instruction by position, what fills up short texts is set to zero: alike in every text, it would
 * otherwise be the larger part of that vector, and drown the words.
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

/** Encodes feedback, given as `feedbackInputs` prepares it: the pooled vectors of each sample's texts, [B, `feedbackWidth`]. */
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

/** The inputs of `textNetwork` for some texts. */
export function textInputs(
  config: EditModelConfig,
  tokenizer: Tokenizer,
  texts: readonly string[],
): Record<string, TensorData> {
  const ids = tokenizer.encodeBatch(texts, config.tokens);
  return config.unet.class_embed_type ? { ids, words: wordMask(config, ids, config.tokens) } : { ids };
}

/** 1 up to the end token of each text, 0 behind it, for ids [texts, tokens] flat. */
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

/** The inputs of `feedbackNetwork`. @param texts from `feedbackTexts`, those of one sample after those of another. */
export function feedbackInputs(
  config: EditModelConfig,
  tokenizer: Tokenizer,
  texts: readonly string[],
): Record<string, TensorData> {
  const length = feedbackTokens(config);
  const ids = tokenizer.encodeBatch(texts, length);
  return { feedback_ids: ids, feedback_positions: pooledPositions(config.textEncoder, ids, length) };
}
