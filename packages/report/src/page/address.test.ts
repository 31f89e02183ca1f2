import { expect, it } from 'vitest';
import { EVERY_ITEM, formatAddress, parseAddress, type Address } from './address.ts';

const known = { perspectives: ['following'], count: 9 };

it('parses what it formatted, and ignores invalid values', () => {
  const address: Address = {
    part: 'items',
    query: {
      text: 'a & "b" <c>',
      kinds: ['add', 'none'],
      scores: { following: [1, 2.5] },
      sort: 'overall/1-0',
      descending: true,
    },
    item: 8,
    view: 'slider',
  };
  expect(parseAddress(formatAddress(address), known)).toEqual(address);
  expect(parseAddress('#part=x&item=10&view=__proto__&following=5-1', known)).toEqual({
    part: 'summary',
    query: EVERY_ITEM,
    item: undefined,
    view: 'side',
  });
});
