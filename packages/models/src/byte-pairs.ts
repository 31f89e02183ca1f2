/** Marks the end of a word, as a suffix of its last piece. */
export const END_OF_WORD = '</w>';

/**
 * The character for each byte in a byte-pair vocabulary: printable Latin-1 characters stand for themselves, the other bytes for characters
 * from 256 on, so no piece contains blanks or control characters (GPT-2's byte alphabet, which CLIP shares).
 */
export const BYTE_LETTERS: readonly string[] = byteLetters();

/** The bytes in the order of the vocabulary: the printable ones first. */
export const BYTES_IN_ORDER: readonly number[] = [
  ...Array.from({ length: 256 }, (_, byte) => byte).filter(isPrintable),
  ...Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !isPrintable(byte)),
];

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

function byteLetters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}

/** Returns the initial pieces of a word: one character per byte, the last one with the end mark. */
export function piecesOf(word: string): string[] {
  const pieces = Array.from(new TextEncoder().encode(word), (byte) => BYTE_LETTERS[byte]);
  pieces.push(`${pieces.pop() ?? ''}${END_OF_WORD}`);
  return pieces;
}

/** Merges every occurrence of `left` followed by `right`, from the start. */
export function mergePair(pieces: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const joins = pieces[i] === left && pieces[i + 1] === right;
    merged.push(joins ? left + right : pieces[i]);
    if (joins) i++;
  }
  return merged;
}

/** Returns the pair at position `i` as one key; pieces contain no blanks. */
export function pairAt(pieces: readonly string[], i: number): string {
  return `${pieces[i]} ${pieces[i + 1]}`;
}
