/** A piece of text: letters as they are, or the name of characters that would be invisible or change what stands around them. */
export type TextPiece = { readonly text: string; readonly isMark: boolean };

/**
 * Control characters but line breaks and tabs, format characters (among them those that turn the direction of text) but
 * the two joiners, which scripts and emoji need, separators of lines, and halves of surrogate pairs.
 */
const UNSEEN = /((?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}])\1*/gu;

/** Cuts text into letters and unseen characters, which are named: `U+202E`, and how often where it is more than once. */
export function textPieces(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const { 0: run, 1: character, index } of text.matchAll(UNSEEN)) {
    if (index > end) pieces.push({ text: text.slice(end, index), isMark: false });
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    const times = run.length / character.length;
    pieces.push({ text: times === 1 ? `U+${code}` : `U+${code} ×${times}`, isMark: true });
    end = index + run.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isMark: false });
  return pieces;
}

/** The same where there can be no elements, as in a tooltip. */
export function visibleText(text: string): string {
  return textPieces(text)
    .map((piece) => (piece.isMark ? `[${piece.text}]` : piece.text))
    .join('');
}
