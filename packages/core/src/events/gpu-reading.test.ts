import { expect, test } from 'vitest';
import { createGpuReader, parseNvidia } from './gpu-reading.ts';

test('reads what nvidia-smi says of several GPUs', () => {
  expect(parseNvidia('50, 1024\n100, 2048\n')).toEqual({ busy: 0.75, bytes: 3072 * 2 ** 20 });
});

test.each(['', '[N/A], 5', 'No devices were found'])('takes nothing for a reading: %j', (text) => {
  expect(parseNvidia(text)).toBeUndefined();
});

test('a machine without a GPU gives no reading, and none that is not a number', async () => {
  const reading = await createGpuReader()();
  expect(reading === undefined || (reading.busy >= 0 && reading.bytes >= 0)).toBe(true);
});
