import { selfTest } from '@rewardedit/graph';
import { expect, test } from 'vitest';
import { createOnnxBackend } from './onnx-backend.ts';

test('the CPU computes as it should', async () => {
  const backend = await createOnnxBackend();
  expect(await selfTest(backend)).toBeLessThan(1e-5);
  await backend.dispose();
});
