import { expect, test } from 'vitest';
import { createGpuReader, parseNvidia } from './gpu-reading.ts';

test('parses nvidia-smi output for several GPUs', () => {
  expect(parseNvidia('50, 1024\n100, 2048\n')).toEqual({ busy: 0.75, bytes: 3072 * 2 ** 20 });
});

test.each(['', '[N/A], 5', 'No devices were found'])('rejects %j as a reading', (text) => {
  expect(parseNvidia(text)).toBeUndefined();
});

test('returns no reading without a GPU, and only finite numbers otherwise', async () => {
  const reading = await createGpuReader()();
  expect(reading === undefined || (reading.busy >= 0 && reading.bytes >= 0)).toBe(true);
});
