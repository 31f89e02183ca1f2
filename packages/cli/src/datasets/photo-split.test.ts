import { expect, test } from 'vitest';
import { isInSplit } from './photo-split.ts';

const names = Array.from({ length: 2000 }, (_, i) => `IMG_${String(i).padStart(4, '0')}.jpg`);

test('puts every photo into exactly one of the two splits', () => {
  for (const name of names) {
    expect(isInSplit(name, 'all', 0.3)).toBe(true);
    expect(isInSplit(name, 'train', 0.3)).not.toBe(isInSplit(name, 'held-out', 0.3));
  }
});

test.each([0, 0.1, 0.5, 1])('a share of %d is held out', (share) => {
  const heldOut = names.filter((name) => isInSplit(name, 'held-out', share));
  expect(heldOut.length / names.length).toBeCloseTo(share, 1);
});

test('keeps photos held out when the share grows', () => {
  for (const name of names.filter((name) => isInSplit(name, 'held-out', 0.1)))
    expect(isInSplit(name, 'held-out', 0.5)).toBe(true);
});
