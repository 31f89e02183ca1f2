import { expect, test } from 'vitest';
import { formatTable } from './table.ts';

test('aligns words to the left and numbers to the right', () => {
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

test('is only its header without rows', () => {
  expect(formatTable(['a', 'b'], [])).toBe('a  b');
});
