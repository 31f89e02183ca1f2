import { broadcastTo, concat, constant, slice, type Tensor } from '@rewardedit/graph';
import type { Scope } from '../parameters.ts';
import { imageVectors, languageLogits, llama, tokenVectors } from './llama.ts';
import type { SmartEditConfig } from './smartedit-config.ts';

/** A language model's input to the Q-Former. */
export interface LanguageStates {
  /** [B, M, width] */
  readonly states: Tensor;
  /** 1 for states visible to the queries, [B, M]; all of them if undefined. */
  readonly visible?: Tensor | undefined;
  /** Set if queries start from words. */
  readonly places?: WordPlaces | undefined;
}

/** The states of the words, by position. */
export interface WordPlaces {
  /** [B, N, width] */
  readonly states: Tensor;
  /** 1 for words, 0 for padding after them, [B, N]. */
  readonly words: Tensor;
}

/** The same with next-token logits, over [words | image tokens]. */
export interface DecoderStates extends LanguageStates {
  /** Logits of the next id at each position, [B, N + image tokens, vocab_size]; the head is tied to the token embeddings. */
  readonly logits: Tensor;
}

type Decoder = Extract<SmartEditConfig['language'], { kind: 'decoder' }>;

/**
 * Returns the states of the model's own decoder over [image vectors | words | image tokens], from one forward pass: the answer is fixed, so
 * nothing is generated. The image tokens are the last ids of the vocabulary.
 *
 * @param features of the image, [B, I, width].
 * @param ids of the words, [B, N] (i32).
 * @param words 1 for words, 0 for padding after them, [B, N].
 */
export function decoderStates(
  scope: Scope,
  { llama: config, image_tokens: count, sees_words: seesWords, queries_from_words: fromWords }: Decoder,
  { features, ids, words }: { readonly features: Tensor; readonly ids: Tensor; readonly words: Tensor },
): DecoderStates {
  const [batch, images] = features.shape;
  const [, tokens] = ids.shape;
  const ones = (length: number) => constant(1, [batch, length]);
  const answer = constant(
    Int32Array.from({ length: count }, (_, i) => config.vocab_size - count + i),
    [1, count],
    'i32',
  );
  const vectors = concat(
    [
      imageVectors(scope, config, features),
      tokenVectors(scope, config, ids),
      broadcastTo(tokenVectors(scope, config, answer), [batch, count, config.hidden_size]),
    ],
    1,
  );
  const states = llama(scope, config, vectors, concat([ones(images), words, ones(count)], 1));
  const width = config.hidden_size;
  const textStates = slice(states, [0, images, 0], [batch, tokens + count, width]);
  const wordStates = slice(textStates, [0, 0, 0], [batch, tokens, width]);
  return {
    ...(seesWords
      ? { states: textStates, visible: concat([words, ones(count)], 1) }
      : { states: slice(textStates, [0, tokens, 0], [batch, count, width]) }),
    ...(fromWords && { places: { states: wordStates, words } }),
    logits: languageLogits(scope, config, textStates),
  };
}
