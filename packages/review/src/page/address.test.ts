import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VIEW_MODES } from '@rewardedit/pages/browser/view';
import { EVERY_ROW, formatAddress, parseAddress, withRange, type Address } from './address.ts';

const PERSPECTIVES = ['following', 'preserving', 'quality'] as const;
const KINDS = ['add', 'remove', 'none'] as const;
const KNOWN = {
  perspectives: PERSPECTIVES.map((name) => ({ name, title: name })),
  kinds: KINDS,
  highestScore: 5,
  count: 1000,
};
const START: Address = { query: EVERY_ROW, page: 0, row: undefined, view: 'side', layout: 'list' };

describe('an address', () => {
  it('is empty in the initial state', () => {
    expect(formatAddress(START)).toBe('#');
    expect(parseAddress('', KNOWN)).toEqual(START);
  });

  it('parses what it formatted', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }));
    const ends = range.map(([a, b]): [number, number] => [Math.min(a, b) / 4, Math.max(a, b) / 4]);
    const address: fc.Arbitrary<Address> = fc.record({
      query: fc.record({
        text: fc.string({ unit: 'grapheme', maxLength: 20 }),
        kinds: fc.subarray([...KINDS]),
        reward: fc.constantFrom('any', 'complete', 'incomplete', 'set-aside'),
        corrected: fc.constantFrom('any', 'yes', 'no'),
        scores: fc.record(
          { following: ends, preserving: ends, quality: ends },
          { requiredKeys: [], noNullPrototype: true },
        ),
        sort: fc.constantFrom('position', 'overall', 'measure:a&b=#c'),
        descending: fc.boolean(),
      }),
      page: fc.nat(1000),
      row: fc.option(fc.integer({ min: 0, max: 999 }), { nil: undefined }),
      view: fc.constantFrom(...VIEW_MODES),
      layout: fc.constantFrom('list', 'grid'),
    });
    fc.assert(
      fc.property(address, (made) => {
        expect(parseAddress(formatAddress(made), KNOWN)).toEqual(made);
      }),
    );
  });

  it('ignores invalid values', () => {
    const hash =
      '#kind=add,__proto__&reward=%3Cscript%3E&following=4-2&quality=0-9&page=-1&row=1001&view=x&layout=y';
    expect(parseAddress(hash, KNOWN)).toEqual({ ...START, query: { ...EVERY_ROW, kinds: ['add'] } });
    expect(parseAddress('#page=0&row=0&following=NaN-5', KNOWN)).toEqual(START);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (hash) => void parseAddress(hash, KNOWN)));
  });
});

it('drops a range of all scores', () => {
  const narrowed = withRange(EVERY_ROW, 'quality', [1, 3], 5);
  expect(narrowed.scores).toEqual({ quality: [1, 3] });
  expect(withRange(narrowed, 'quality', [0, 5], 5)).toEqual(EVERY_ROW);
});
