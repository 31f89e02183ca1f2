import { BYTE_LETTERS, BYTES_IN_ORDER, END_OF_WORD, mergePair, pairAt, piecesOf } from './byte-pairs.ts';
import { END_OF_TEXT, START_OF_TEXT, wordsOf } from './clip-text-cleaning.ts';
import type { TokenizerFiles } from './tokenizer.ts';

/** A pair must occur this often to be merged. */
const FEWEST_OCCURRENCES = 2;

/**
 * Trains a byte-pair vocabulary on texts (Sennrich et al., arXiv 1508.07909), in CLIP's format: the 256 bytes, the same with the end mark, one
 * token per merged pair, and start and end of text. It can encode any text. The result does not depend on the order of the texts: ties
 * are resolved alphabetically.
 *
 * @param options.merges maximum number of pairs to merge; fewer if no pair occurs twice.
 * @param options.maxLength maximum number of ids per text, including start and end.
 */
export function trainTokenizer(
  texts: Iterable<string>,
  { merges: limit, maxLength }: { merges: number; maxLength: number },
): TokenizerFiles {
  let words = countWords(texts);
  const merges: string[] = [];
  while (merges.length < limit) {
    const pair = mostFrequentPair(words);
    if (pair === undefined) break;
    merges.push(pair);
    const [left, right] = pair.split(' ');
    words = words.map(({ pieces, count }) => ({ pieces: mergePair(pieces, left, right), count }));
  }
  const letters = BYTES_IN_ORDER.map((byte) => BYTE_LETTERS[byte]);
  const tokens = [
    ...letters,
    ...letters.map((letter) => letter + END_OF_WORD),
    ...merges.map((pair) => pair.replace(' ', '')),
    START_OF_TEXT,
    END_OF_TEXT,
  ];
  const vocabulary = Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
  return { vocabulary, merges, maxLength };
}

interface CountedWord {
  readonly pieces: readonly string[];
  readonly count: number;
}

function countWords(texts: Iterable<string>): CountedWord[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      if (word !== START_OF_TEXT && word !== END_OF_TEXT) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].map(([word, count]) => ({ pieces: piecesOf(word), count }));
}

function mostFrequentPair(words: readonly CountedWord[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { pieces, count } of words) {
    for (let i = 0; i + 1 < pieces.length; i++) {
      const pair = pairAt(pieces, i);
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let most = FEWEST_OCCURRENCES - 1;
  for (const [pair, count] of counts) {
    if (count > most || (count === most && best !== undefined && pair < best)) [best, most] = [pair, count];
  }
  return best;
}
