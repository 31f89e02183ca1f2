import { expect, test } from 'vitest';
import { bytesOfStates, totalMemory } from './memory.ts';

test('sums the bytes of several states, and of all parts of a need', () => {
  const specs = { w: { shape: [2, 5], dtype: 'f32' }, h: { shape: [3], dtype: 'f16' } } as const;
  expect(bytesOfStates([specs, {}, { w: specs.w }])).toBe(40 + 6 + 40);
  expect(totalMemory({ state: 1, frozen: 20, activations: 300, workspace: 4000 })).toBe(4321);
});
