/** A piece of text: visible characters, or the name of characters that are invisible or would reorder the text around them. */
export type TextPiece = { readonly text: string; readonly isMark: boolean };

/**
 * Control characters except line breaks and tabs; format characters, such as those that change the direction of text, except the
 * two joiners, which scripts and emoji need; line and paragraph separators; and lone surrogates.
 */
const UNSEEN = /((?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}])\1*/gu;

/** Splits text into visible characters and names of invisible ones: `U+202E`, with a count for repetitions. */
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

/** The same as plain text, for example for a tooltip. */
export function visibleText(text: string): string {
  return textPieces(text)
    .map((piece) => (piece.isMark ? `[${piece.text}]` : piece.text))
    .join('');
}
