import { RewardEditError } from '@rewardedit/core';
import { mergePair, pairAt, piecesOf } from './byte-pairs.ts';
import { END_OF_TEXT, START_OF_TEXT, wordsOf } from './clip-text-cleaning.ts';

/** The contents of a `tokenizer/` folder. */
export interface TokenizerFiles {
  /** Token to id (`vocab.json`). */
  readonly vocabulary: Readonly<Record<string, number>>;
  /** Pairs of pieces to merge, `left right`, in order of priority (`merges.txt` without its first line). */
  readonly merges: readonly string[];
  /** Maximum number of ids per text, including start and end (`model_max_length`). */
  readonly maxLength: number;
  /** The padding token (`pad_token`); the end token in Stable Diffusion 1. */
  readonly padToken?: string | undefined;
}

/** Encodes texts as ids (transformers' `CLIPTokenizer`). */
export interface Tokenizer {
  readonly files: TokenizerFiles;
  readonly maxLength: number;
  readonly startId: number;
  readonly endId: number;
  readonly padId: number;
  /** Returns all ids of a text, without start and end. `encode` truncates them to its length less 2. */
  tokenize(text: string): number[];
  /** Returns start, tokens and end, truncated to `length`, by default `maxLength`. */
  encode(text: string, length?: number): number[];
  /** Returns the ids of several texts, each padded to the length: [texts, length] flat. */
  encodeBatch(texts: readonly string[], length?: number): Int32Array;
}

/**
 * Creates a tokenizer from a byte-pair vocabulary.
 *
 * @param where name of the files for messages.
 * @throws RewardEditError 'bad-input' if the vocabulary lacks the special tokens.
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
    // CLIP's tokenizer uses the end token for unknown pieces.
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

/** Merges neighbouring pieces, always the pair with the lowest rank first, until no pair has a rank. */
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
