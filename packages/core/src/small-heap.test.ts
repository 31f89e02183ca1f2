import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { collectGarbage } from './small-heap.ts';

it('what nobody has any more is given back at once, without a collection that happens to come', async () => {
  const left = new WeakRef(new Float32Array(1024));
  // What a reference was just made to lives as long as what made it runs.
  await setImmediate();
  expect(left.deref()).toBeDefined();
  await setImmediate();
  collectGarbage();
  expect(left.deref()).toBeUndefined();
});
