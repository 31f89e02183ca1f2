import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { collectGarbage } from './small-heap.ts';

it('collects unreachable objects at once', async () => {
  const left = new WeakRef(new Float32Array(1024));
  // The target of a new WeakRef is kept alive until the current job ends.
  await setImmediate();
  collectGarbage();
  expect(left.deref()).toBeUndefined();
});
