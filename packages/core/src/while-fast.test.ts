import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { whileFast } from './while-fast.ts';

let now = 0;
beforeEach(() => void vi.spyOn(performance, 'now').mockImplementation(() => now));
afterEach(() => vi.restoreAllMocks());

const takes = (milliseconds: number) => {
  now += milliseconds;
  return 'synchronous';
};
const asynchronous = async () => 'asynchronous';

test('runs fast operations synchronously, and after a slow one switches to asynchronous for a second', async () => {
  const run = whileFast();
  expect(await run(() => takes(0.1), asynchronous)).toBe('synchronous');
  expect(await run(() => takes(50), asynchronous)).toBe('synchronous');
  expect(await run(() => takes(0.1), asynchronous)).toBe('asynchronous');
  now += 1001;
  expect(await run(() => takes(0.1), asynchronous)).toBe('synchronous');
  expect(await run(() => takes(0.1), asynchronous)).toBe('synchronous');
});

test('rejects with the error of an operation, whose time counts too', async () => {
  const run = whileFast();
  const fail = () => {
    takes(3);
    throw new Error('no such file');
  };
  await expect(run(fail, asynchronous)).rejects.toThrow('no such file');
  expect(await run(() => takes(0.1), asynchronous)).toBe('asynchronous');
});
