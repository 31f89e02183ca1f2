import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPatience, type Patience } from './patience.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** How long a call that never ends is waited for, in milliseconds. */
async function patienceWith(patience: Patience, givenUpBefore = 0): Promise<number> {
  const outcome = { given: 0, waited: 0 };
  const began = performance.now();
  const watch = patience.watch(givenUpBefore, (milliseconds) => {
    Object.assign(outcome, { given: milliseconds, waited: performance.now() - began });
    watch.end('failure');
  });
  await vi.advanceTimersByTimeAsync(130_000);
  // It looks four times a second, while there is something to look at.
  expect(outcome.waited).toBeGreaterThanOrEqual(outcome.given);
  expect(outcome.waited).toBeLessThanOrEqual(outcome.given + 300);
  expect(vi.getTimerCount()).toBe(0);
  return outcome.given;
}

async function replies(patience: Patience, count: number, milliseconds: number): Promise<void> {
  const watches = Array.from({ length: count }, () => patience.watch(0, () => undefined));
  await vi.advanceTimersByTimeAsync(milliseconds);
  for (const watch of watches) watch.end('reply');
}

it('waits as long as it was told while it knows nothing', async () => {
  const patience = createPatience(120);
  expect(await patienceWith(patience)).toBe(120_000);
  await replies(patience, 49, 1000);
  expect(await patienceWith(patience)).toBe(120_000);
});

it('waits three times as long as nearly all replies took lately, and two seconds at least', async () => {
  const patience = createPatience(120);
  await replies(patience, 200, 1000);
  expect(await patienceWith(patience)).toBeCloseTo(3000, -1);
  // One in a hundred that takes long changes nothing, one in ten does.
  await replies(patience, 2, 10_000);
  await replies(patience, 198, 1000);
  expect(await patienceWith(patience)).toBeCloseTo(3000, -1);
  await replies(patience, 20, 10_000);
  await replies(patience, 180, 1000);
  expect(await patienceWith(patience)).toBeCloseTo(30_000, -1);
  await replies(patience, 200, 10);
  expect(await patienceWith(patience)).toBe(2000);
});

it('gives a call twice as much for each time that it was given up, and never more than it was told', async () => {
  const patience = createPatience(20);
  await replies(patience, 200, 2000);
  expect(await patienceWith(patience, 1)).toBeCloseTo(12_000, -1);
  expect(await patienceWith(patience, 2)).toBe(20_000);
  await replies(patience, 200, 15_000);
  expect(await patienceWith(patience)).toBe(20_000);
});

it('learns nothing from failures', async () => {
  const patience = createPatience(60);
  for (let i = 0; i < 300; i++) patience.watch(0, () => undefined).end('failure');
  expect(await patienceWith(patience)).toBe(60_000);
});

it('gives up calls that began before it had learnt', async () => {
  const patience = createPatience(120);
  const given = new Promise<number>((resolve) => {
    const watch = patience.watch(0, (milliseconds) => {
      resolve(milliseconds);
      watch.end('failure');
    });
  });
  await replies(patience, 50, 100);
  await vi.advanceTimersByTimeAsync(2500);
  expect(await given).toBe(2000);
});
