import { expect, it } from 'vitest';
import { createCache } from './cache.ts';

it('makes each value once, and keeps the most recently used ones', async () => {
  const gone: string[] = [];
  const made: string[] = [];
  const cache = createCache<string>(2, async (value) => void gone.push(value));
  const get = (key: string) =>
    cache.get(key, async () => {
      made.push(key);
      return key.toUpperCase();
    });
  expect(await Promise.all([get('a'), get('a')])).toEqual(['A', 'A']);
  await get('b');
  await get('a');
  await get('c');
  expect(made).toEqual(['a', 'b', 'c']);
  expect(gone).toEqual(['B']);
  await get('b');
  expect(gone).toEqual(['B', 'A']);
  await cache.clear();
  expect(gone.toSorted()).toEqual(['A', 'B', 'B', 'C']);
});

it('does not cache a failure', async () => {
  const cache = createCache<number>(2, async () => undefined);
  const failing = () => Promise.reject(new Error('no memory'));
  await expect(cache.get('a', failing)).rejects.toThrow('no memory');
  expect(await cache.get('a', async () => 3)).toBe(3);
  await expect(cache.get('b', failing)).rejects.toThrow('no memory');
  await cache.clear();
});
