import { expect, test } from 'vitest';
import { testBackend } from '../testing/test-backend.ts';
import { passesSelfTest } from './passes-self-test.ts';

const present = await testBackend();

test.skipIf(!present)(
  'the self-test runs in a separate process, whose crash does not affect this one',
  { timeout: 300_000 },
  async () => {
    // Several processes share a device.
    const both = ['software', 'software'].map((adapter) => passesSelfTest(adapter, 'safe'));
    expect(await Promise.all(both)).toEqual([true, true]);
    expect(await passesSelfTest('no GPU of this name', 'full')).toBe(false);
  },
);
