import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentKey, textKey } from './content-key.ts';
import { createKeyNumbers } from './key-numbers.ts';

it('numbers any texts as a Map does, also repeated ones', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 })), fc.string({ maxLength: 2 }), (texts, other) => {
      const [numbers, expected] = [createKeyNumbers(), new Map<string, number>()];
      for (const text of texts) {
        if (!expected.has(text)) expected.set(text, expected.size);
        expect(numbers.add(textKey(text))).toBe(expected.get(text));
      }
      expect(numbers.size()).toBe(expected.size);
      expect(numbers.find(textKey(other))).toBe(expected.get(other));
      for (const [text, number] of expected)
        expect(numbers.key(number)).toEqual(Uint8Array.from(textKey(text)));
    }),
    { numRuns: 50 },
  );
});

it('finds all of many keys after growing, also colliding ones', () => {
  const numbers = createKeyNumbers();
  const count = 70_000;
  const keys = Array.from({ length: count }, (_, i) => {
    const key = new Uint8Array(12);
    // The first word says where to look first: here they share 256 places.
    new DataView(key.buffer).setUint32(0, i % 256, true);
    new DataView(key.buffer).setUint32(8, i, true);
    return key;
  }).filter((_, i) => i % 256 < 4 || i % 50 === 0);
  for (const key of keys) numbers.add(key);
  expect(keys.map((key) => numbers.find(key))).toEqual(keys.map((_, i) => i));
});

it('distinguishes parts by their boundaries', () => {
  expect(contentKey('ab', 'c')).not.toEqual(contentKey('a', 'bc'));
});
