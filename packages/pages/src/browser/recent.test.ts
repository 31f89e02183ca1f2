import { expect, it } from 'vitest';
import { keepRecent } from './recent.ts';

it('makes each value once while it is kept, and drops the least recently used one', () => {
  const made: string[] = [];
  const dropped: string[] = [];
  const recent = keepRecent(
    2,
    (key) => {
      made.push(key);
      return key.toUpperCase();
    },
    (value) => dropped.push(value),
  );
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map(recent.get)).toEqual(['A', 'B', 'A', 'C', 'A', 'B']);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
  expect(dropped).toEqual(['B', 'C']);
  recent.forget('a');
  recent.forget('a');
  recent.get('a');
  expect(dropped).toEqual(['B', 'C', 'A']);
  expect(made.at(-1)).toBe('a');
});
