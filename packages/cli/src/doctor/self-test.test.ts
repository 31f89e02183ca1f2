import { RewardEditError } from '@rewardedit/core';
import { referenceBackend } from '@rewardedit/graph/testing';
import { expect, test } from 'vitest';
import { selfTest } from './self-test.ts';

test('passes a backend that computes correctly', async () => {
  const { outcome, largestError } = await selfTest('good', async () => referenceBackend());
  expect(outcome).toBe('passed');
  expect(largestError).toBeLessThan(1e-6);
});

test.each([
  ['a hundredth too much', (value: number) => value * 1.01],
  ['something that is not a number', (value: number) => (value > 0 ? value : Number.NaN)],
])('fails a backend that computes %s', async (_name, spoil) => {
  const { outcome, largestError } = await selfTest('bad', async () => referenceBackend(spoil));
  expect(outcome).toBe('failed');
  expect(largestError).toBeGreaterThan(5e-3);
});

test('distinguishes a backend that cannot start from one that does not exist', async () => {
  const throws = (code: 'failed' | 'usage') => async () => {
    throw new RewardEditError(code, 'no device\nwas found');
  };
  expect(await selfTest('x', throws('failed'))).toEqual({
    backend: 'x',
    outcome: 'not available',
    problem: 'no device',
  });
  await expect(selfTest('x', throws('usage'))).rejects.toMatchObject({ code: 'usage' });
});
