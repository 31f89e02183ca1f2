import { describe, expect, it } from 'vitest';
import type { RowDetails } from '../protocol.ts';
import { createRowCache } from './row-cache.ts';

/** Rows whose instruction is the number of fetches; each arrives when it is released. */
function scenario() {
  let fetched = 0;
  const waiting: (() => void)[] = [];
  const cache = createRowCache((position) => {
    fetched += 1;
    const details: RowDetails = {
      position,
      id: 'a',
      instruction: `fetch ${fetched}`,
      pictures: {},
      measures: [],
    };
    return new Promise((resolve, reject) => {
      waiting.push(() => (fetched === 99 ? reject(new Error('gone')) : resolve(details)));
    });
  });
  return { cache, waiting, fail: () => (fetched = 98) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('createRowCache', () => {
  it('fetches a row once until it changes', async () => {
    const { cache, waiting } = scenario();
    const both = Promise.all([cache.get(0), cache.get(0)]);
    waiting[0]();
    expect((await both).map(({ instruction }) => instruction)).toEqual(['fetch 1', 'fetch 1']);
    cache.changed(0);
    const again = cache.get(0);
    waiting[1]();
    expect((await again).instruction).toBe('fetch 2');
  });

  it('never returns what was fetched before a change', async () => {
    const { cache, waiting } = scenario();
    const row = cache.get(0);
    cache.changed(0);
    waiting[0]();
    await settled();
    expect(waiting.length).toBe(2);
    waiting[1]();
    expect((await row).instruction).toBe('fetch 2');
  });

  it('fetches again after a failure', async () => {
    const { cache, waiting, fail } = scenario();
    fail();
    const failed = cache.get(0);
    waiting[0]();
    await expect(failed).rejects.toThrow('gone');
    const again = cache.get(0);
    waiting[1]();
    expect((await again).position).toBe(0);
  });
});
