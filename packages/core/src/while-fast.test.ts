import { describe, expect, it, vi } from 'vitest';
import { whileFast } from './while-fast.ts';

const pass = (milliseconds: number) => {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
};

describe('whileFast', () => {
  it('does at once what takes no time, and hands over what follows something slow, for a second', async () => {
    const now = vi.spyOn(performance, 'now');
    let time = 0;
    now.mockImplementation(() => time);
    const run = whileFast();
    const done = async (takes: number) =>
      run(
        () => {
          time += takes;
          return 'at once';
        },
        async () => 'handed over',
      );
    expect(await done(0.1)).toBe('at once');
    expect(await done(50)).toBe('at once');
    expect(await done(0.1)).toBe('handed over');
    time += 1001;
    expect(await done(0.1)).toBe('at once');
    expect(await done(0.1)).toBe('at once');
    now.mockRestore();
  });

  it('rejects with what the operation throws, which may be slow too', async () => {
    const run = whileFast();
    const fail = () => {
      pass(3);
      throw new Error('no such file');
    };
    await expect(run(fail, async () => undefined)).rejects.toThrow('no such file');
    expect(
      await run(
        () => 'at once',
        async () => 'handed over',
      ),
    ).toBe('handed over');
  });
});
