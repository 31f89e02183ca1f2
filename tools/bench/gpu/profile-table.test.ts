import { expect, test } from 'vitest';
import { chromeTrace, formatProfile, profileTable, secondsAtBest } from './profile-table.ts';

const CEILINGS = { bytesPerSecond: 1e12, operationsPerSecond: { f32: 10e12, matrices: 100e12 } };
const KERNELS = [
  { label: 'product', body: 'matrices 64x64', seconds: 2e-3, operations: 1e11, bytes: 1e8 },
  { label: 'product', body: 'matrices 64x64', seconds: 2e-3, operations: 1e11, bytes: 1e8 },
  { label: 'copy', seconds: 4e-3, bytes: 1e9 },
];

test('kernels are rated by their bottleneck: memory, or the units they use', () => {
  const rows = profileTable({ clock: 'device', kernels: KERNELS, arenaBytes: 0 }, CEILINGS);
  expect(rows).toMatchObject([
    { kernel: 'product, matrices 64x64', count: 2, share: 0.5, teraflops: 50, shareOfCeiling: 0.5 },
    { kernel: 'copy', count: 1, gigabytesPerSecond: 250, shareOfCeiling: 0.25 },
  ]);
  expect(secondsAtBest([{ operations: 1e11, bytes: 0 }], CEILINGS)).toBe(0.01);
  expect(formatProfile(rows)).toContain('2 x product, matrices 64x64  50.0 TFLOP/s');
});

test('a trace lists the kernels one after another, in microseconds', () => {
  expect(chromeTrace(KERNELS)).toMatchObject([
    { name: 'product', ts: 0, dur: 2000 },
    { ts: 2000, dur: 2000 },
    { name: 'copy', ts: 4000, dur: 4000 },
  ]);
});
