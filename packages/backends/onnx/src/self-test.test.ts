import { selfTest } from '@rewardedit/graph';
import { expect, test } from 'vitest';
import { createOnnxBackend } from './onnx-backend.ts';

test('the CPU provider passes the self-test', async () => {
  const backend = await createOnnxBackend();
  expect(await selfTest(backend)).toBeLessThan(1e-5);
  await backend.dispose();
});
