import { expect, test } from 'vitest';
import { formatTable } from './table.ts';

test('aligns text left and numbers right', () => {
  expect(
    formatTable(
      ['perspective', 'mean', 'N'],
      [
        ['following', '3.10', 98],
        ['quality', '-', 1],
      ],
    ),
  ).toBe(['perspective  mean   N', 'following    3.10  98', 'quality         -   1'].join('\n'));
});

test('without rows, has only the header', () => {
  expect(formatTable(['a', 'b'], [])).toBe('a  b');
});
