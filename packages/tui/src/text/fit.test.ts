import stringWidth from 'string-width';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fit, fitEnd, pad, padLeft, wrap } from './fit.ts';

test('cuts at whole characters, including wide ones', () => {
  expect(fit('make it snowy', 8)).toBe('make it…');
  expect(fit('雪にする雪', 7)).toBe('雪にす…');
  expect(fit('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5)).toBe('👩‍👩‍👧👩‍👩‍👧…');
  expect(fitEnd('runs/photos/model', 9)).toBe('…os/model');
  expect(pad('雪', 4)).toBe('雪  ');
  expect(padLeft('0.5', 5)).toBe('  0.5');
  expect(wrap('make the whole field snowy', 10, 2)).toEqual(['make the', 'whole …']);
});

test('no text exceeds its width, and none controls the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 30 }), (text, width) => {
      for (const shown of [fit(text, width), fitEnd(text, width), ...wrap(text, Math.max(1, width), 3)]) {
        expect(stringWidth(shown)).toBeLessThanOrEqual(Math.max(1, width));
        expect(shown).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }
    }),
  );
});
