import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSharedLock } from './shared-lock.ts';

it('exclusive work runs alone, in the order of requests', async () => {
  const tasks = fc.array(fc.record({ alone: fc.boolean(), fails: fc.boolean() }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(tasks, async (asked) => {
      const lock = createSharedLock();
      const underWay = new Set<number>();
      const begun: number[] = [];
      const crowds: number[][] = [];
      const promises = asked.map(({ alone, fails }, number) => {
        const work = async () => {
          begun.push(number);
          underWay.add(number);
          crowds.push([...underWay]);
          await Promise.resolve();
          underWay.delete(number);
          if (fails) throw new Error(`${number} failed`);
          return number;
        };
        return alone ? lock.exclusive(work) : lock.shared(work);
      });
      const outcomes = await Promise.allSettled(promises);
      expect(outcomes.map(({ status }) => status)).toEqual(
        asked.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')),
      );
      expect(begun).toEqual(asked.map((_, number) => number));
      const crowded = crowds.filter((crowd) => crowd.length > 1);
      expect(crowded.flat().filter((number) => asked[number].alone)).toEqual([]);
    }),
  );
});

it('shared work runs concurrently', async () => {
  const lock = createSharedLock();
  let release = () => {};
  const slow = lock.shared(() => new Promise<void>((resolve) => (release = resolve)));
  expect(await lock.shared(async () => 'quick')).toBe('quick');
  let isDone = false;
  const alone = lock.exclusive(async () => void (isDone = true));
  await sleep(5);
  expect(isDone).toBe(false);
  release();
  await Promise.all([slow, alone]);
  expect(isDone).toBe(true);
});
