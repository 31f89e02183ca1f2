import { expect, test } from 'vitest';
import { assertFits } from './fits.ts';

const limits = {
  maxBufferSize: 2 ** 31,
  maxStorageBufferBindingSize: 2 ** 30,
  minStorageBufferOffsetAlignment: 256,
};
const tensors = [
  { name: 'small', bytes: 2 ** 20 },
  { name: 'x [4, 320, 64, 64]', bytes: 3 * 2 ** 29 },
];

test('names a tensor that is larger than the device allows', () => {
  expect(() => assertFits('The program', tensors, 0, { limits, available: Infinity })).toThrow(
    'The program needs a tensor of 1.5 GiB (x [4, 320, 64, 64]), but the GPU allows at most 1.0 GiB per tensor',
  );
});

test('compares the total with the free memory, if it is known', () => {
  const few = tensors.slice(0, 1);
  expect(() => assertFits('The state', few, 2 ** 33, { limits, available: 2 ** 29 })).toThrow(
    'The state needs 8.0 GiB of memory on the GPU, but only 512 MiB are free',
  );
  assertFits('The state', few, 2 ** 33, { limits, available: Infinity });
});
