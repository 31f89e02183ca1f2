// CLIP's text normalization, following transformers' `CLIPTokenizer` without the optional package ftfy.

export const START_OF_TEXT = '<|startoftext|>';
export const END_OF_TEXT = '<|endoftext|>';

/** Ideographs, each a word by itself: the blocks listed in transformers' BERT tokenizer. */
const IDEOGRAPHS =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const BLANKS = /[\t\n\r\p{Zs}]/gu;
const UNSEEN = /[\0\ufffd\p{C}]/gu;
const WORDS = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu;

/**
 * Splits a text into words: control characters are removed, ideographs separated, the text is composed (NFC) and lowercased, and split into
 * runs of letters, single digits, contractions, and runs of other characters. Special tokens in the text stay whole.
 */
export function wordsOf(text: string): string[] {
  // Special tokens are matched as written before normalization, and in lower case after it.
  return text
    .split(/(<\|startoftext\|>|<\|endoftext\|>)/)
    .flatMap((part) => (part === START_OF_TEXT || part === END_OF_TEXT ? [part] : wordsBetween(part)));
}

function wordsBetween(text: string): string[] {
  const cleaned = text
    .replaceAll(BLANKS, ' ')
    .replaceAll(UNSEEN, '')
    .replaceAll(IDEOGRAPHS, ' $& ')
    .normalize('NFC')
    .toLowerCase();
  return cleaned.match(WORDS) ?? [];
}
