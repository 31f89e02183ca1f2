import { expect, it } from 'vitest';
import { idealSeconds } from './ideal-client.ts';

it('fills all slots, in the order of the work', () => {
  expect(idealSeconds([], 4)).toBe(0);
  expect(idealSeconds([3], 4)).toBe(3);
  expect(idealSeconds(Array<number>(12).fill(0.5), 4)).toBeCloseTo(1.5);
  expect(idealSeconds([4, 1, 1, 1, 1], 2)).toBe(4);
  expect(idealSeconds([1, 1, 1, 4], 2)).toBe(5);
});

it('equals a search for the slot that is free first', () => {
  const work = Array.from({ length: 500 }, (_, i) => 1 + ((i * 7919) % 97) / 10);
  const freeAt = Array<number>(13).fill(0);
  for (const seconds of work) freeAt[freeAt.indexOf(Math.min(...freeAt))] += seconds;
  expect(idealSeconds(work, 13)).toBeCloseTo(Math.max(...freeAt), 9);
});
