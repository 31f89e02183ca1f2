import { checkHiddenKeys, checkOps } from '@rewardedit/graph/testing';
import { describe, test } from 'vitest';
import { testBackend } from '../testing/test-backend.ts';

const backend = await testBackend();

describe.skipIf(!backend)('every op equals the float64 evaluation', { timeout: 300_000 }, () => {
  test.each([
    { dtype: 'f32', runs: 4 },
    { dtype: 'f16', runs: 2 },
    { dtype: 'i32', runs: 2 },
  ] as const)('in $dtype', (check) => checkOps(backend!, check));

  test('attention of queries whose keys are all hidden', () => checkHiddenKeys(backend!));
});
