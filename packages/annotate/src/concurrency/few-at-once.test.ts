import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { fewAtOnce } from './few-at-once.ts';

it('lets no more than so many be under way, in their order, whatever becomes of them', async () => {
  const one = fewAtOnce(3);
  const [begun, at]: [number[], number[]] = [[], []];
  let underWay = 0;
  const works = Array.from({ length: 20 }, (_, index) =>
    one(async () => {
      begun.push(index);
      at.push((underWay += 1));
      await sleep(index % 3);
      underWay -= 1;
      if (index % 4 === 0) throw new Error('no');
      return index;
    }),
  );
  const ended = await Promise.allSettled(works);
  expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  expect(begun).toEqual(works.map((_, index) => index));
  expect(Math.max(...at)).toBe(3);
  expect(await one(async () => 'after')).toBe('after');
});
