import { EXIT_CODES } from '@rewardedit/core';
import { expect, test } from 'vitest';
import { EXIT_CODE_MEANINGS } from './exit-codes.ts';

test('every exit code is explained, with its number', () => {
  const explained = Object.fromEntries(EXIT_CODE_MEANINGS.map(({ code, exitCode }) => [code, exitCode]));
  expect(explained).toEqual({ done: 0, ...EXIT_CODES });
});
