import { RewardEditError } from '@rewardedit/core';
import { mergePair, pairAt, piecesOf } from './byte-pairs.ts';
import { END_OF_TEXT, START_OF_TEXT, wordsOf } from './clip-text-cleaning.ts';

/** What a tokenizer is made of, as in the files of a `tokenizer/` folder. */
export interface TokenizerFiles {
  /** Token to id (`vocab.json`). */
  readonly vocabulary: Readonly<Record<string, number>>;
  /** Pairs of pieces to join, `left right`, the most urgent first (`merges.txt` without its first line). */
  readonly merges: readonly string[];
  /** Most ids of one text, start and end included (`model_max_length`). */
  readonly maxLength: number;
  /** The token that fills up short texts (`pad_token`); the end token in Stable Diffusion 1. */
  readonly padToken?: string | undefined;
}

/** Turns texts into ids (transformers' `CLIPTokenizer`). */
export interface Tokenizer {
  readonly files: TokenizerFiles;
  readonly maxLength: number;
  readonly startId: number;
  readonly endId: number;
  readonly padId: number;
  /** All ids of a text, without start and end: more than its length less 2 mean that `encode` will cut it. */
  tokenize(text: string): number[];
  /** Start, tokens, end; cut to `length`, or `maxLength`, with the end kept. */
  encode(text: string, length?: number): number[];
  /** The ids of several texts, each filled up to that: [texts, length] flat. */
  encodeBatch(texts: readonly string[], length?: number): Int32Array;
}

/**
 * A tokenizer over a byte-pair vocabulary.
 *
 * @param where names the files in messages.
 * @throws RewardEditError 'bad-input' where the vocabulary lacks the special tokens.
 */
export function createTokenizer(files: TokenizerFiles, where = 'tokenizer'): Tokenizer {
  const { maxLength } = files;
  const vocabulary = new Map(Object.entries(files.vocabulary));
  const ranks = new Map(files.merges.map((pair, rank) => [pair, rank]));
  const known = new Map<string, number[]>();

  function idOf(token: string): number {
    const id = vocabulary.get(token);
    if (id !== undefined) return id;
    throw new RewardEditError('bad-input', `the vocabulary has no token ${JSON.stringify(token)}`, {
      where,
      hint: 'vocab.json and merges.txt must come from the same CLIP tokenizer',
    });
  }
  const [startId, endId] = [idOf(START_OF_TEXT), idOf(END_OF_TEXT)];
  const padId = idOf(files.padToken ?? END_OF_TEXT);

  function idsOfWord(word: string): number[] {
    if (word === START_OF_TEXT) return [startId];
    if (word === END_OF_TEXT) return [endId];
    const seen = known.get(word);
    if (seen) return seen;
    // A piece that the vocabulary lacks becomes the end token, which CLIP's tokenizer uses for anything unknown.
    const ids = mergeByRank(piecesOf(word), ranks).map((piece) => vocabulary.get(piece) ?? endId);
    known.set(word, ids);
    return ids;
  }

  const tokenize = (text: string) => wordsOf(text).flatMap(idsOfWord);
  const encode = (text: string, length = maxLength) => [
    startId,
    ...tokenize(text).slice(0, length - 2),
    endId,
  ];
  return {
    files,
    maxLength,
    startId,
    endId,
    padId,
    tokenize,
    encode,
    encodeBatch: (texts, length = maxLength) => {
      const ids = new Int32Array(texts.length * length).fill(padId);
      texts.forEach((text, row) => ids.set(encode(text, length), row * length));
      return ids;
    },
  };
}

/** Joins neighbouring pieces, always the pair of the lowest rank first, until no pair has a rank. */
function mergeByRank(word: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  let pieces = word;
  while (pieces.length > 1) {
    let best = Infinity;
    let at = 0;
    for (let i = 0; i + 1 < pieces.length; i++) {
      const rank = ranks.get(pairAt(pieces, i)) ?? Infinity;
      if (rank < best) [best, at] = [rank, i];
    }
    if (best === Infinity) break;
    pieces = mergePair(pieces, pieces[at], pieces[at + 1]);
  }
  return pieces;
}
