import { expect, it } from 'vitest';
import { allEnded } from './all-ended.ts';

const after = async (milliseconds: number, call: () => void) => {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  call();
};

it('returns the values in order', async () => {
  expect(await allEnded([Promise.resolve(1), after(5, () => undefined).then(() => 2)])).toEqual([1, 2]);
  expect(await allEnded([])).toEqual([]);
});

it('throws the first error in order, once all have settled', async () => {
  let ended = 0;
  const failing = (message: string, milliseconds: number) =>
    after(milliseconds, () => {
      ended += 1;
      throw new Error(message);
    });
  const all = allEnded([after(30, () => (ended += 1)), failing('second', 10), failing('third', 1)]);
  await expect(all).rejects.toThrow('second');
  expect(ended).toBe(3);
});
