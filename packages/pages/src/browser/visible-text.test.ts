import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textPieces, visibleText } from './visible-text.ts';

describe('textPieces', () => {
  it('names characters that are invisible or would reorder the text around them', () => {
    expect(visibleText('a\u202Eb')).toBe('a[U+202E]b');
    expect(visibleText('\u0000\u001B[31m')).toBe('[U+0000][U+001B][31m');
    expect(visibleText('x\u200B\u200B\u200By')).toBe('x[U+200B ×3]y');
    expect(visibleText('half \uD800 pair')).toBe('half [U+D800] pair');
    expect(visibleText('tag \u{E0041}')).toBe('tag [U+E0041]');
  });

  it('keeps line breaks, other scripts and emoji unchanged', () => {
    for (const text of ['two\nlines\tand a tab', 'اجعلها ثلجية', 'می\u200Cخواهم', '👩\u200D🚀 ❄️', 'e\u0301'])
      expect(textPieces(text)).toEqual([{ text, isMark: false }]);
    expect(textPieces('')).toEqual([]);
  });

  it('keeps every visible character of any text, and no invisible one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const letters = textPieces(text).flatMap((piece) => (piece.isMark ? [] : [piece.text]));
        expect(letters.join('')).toBe(
          text.replaceAll(/(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, ''),
        );
      }),
    );
  });
});
