import { describe, expect, it } from 'vitest';
import { philox4x32 } from './philox.ts';

// Known answers of the Random123 library (kat_vectors, philox4x32 with 10 rounds): counter, key, result.
const KNOWN_ANSWERS = [
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
] as const;

const words = (text: string) => text.split(' ').map((word) => Number.parseInt(word, 16));

describe('philox4x32', () => {
  it.each(KNOWN_ANSWERS)('counter %s, key %s', (counter, key, expected) => {
    const out = new Uint32Array(4);
    philox4x32(words(counter), words(key), out);
    expect([...out]).toEqual(words(expected));
  });

  it('may overwrite its counter', () => {
    const [counter, key, expected] = KNOWN_ANSWERS[2];
    const block = Uint32Array.from(words(counter));
    philox4x32(block, words(key), block);
    expect([...block]).toEqual(words(expected));
  });
});
