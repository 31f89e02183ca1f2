import { expect, test } from 'vitest';
import { selfTest } from './self-test.ts';
import { referenceBackend } from './testing/reference-backend.ts';

test('a correct backend has almost no error', async () => {
  expect(await selfTest(referenceBackend())).toBeLessThan(1e-6);
});

test('detects a slightly wrong number and a NaN', async () => {
  const spoilLast = (factor: number) => {
    let count = 0;
    return (value: number) => (++count === 17 ? value * factor : value);
  };
  expect(await selfTest(referenceBackend(spoilLast(1.5)))).toBeGreaterThan(1e-3);
  expect(await selfTest(referenceBackend(spoilLast(NaN)))).toBe(Infinity);
});
