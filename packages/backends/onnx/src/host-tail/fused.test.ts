import { checkKernels } from '@rewardedit/graph/testing';
import { expect, test } from 'vitest';
import { createOnnxBackend } from '../onnx-backend.ts';

test('fused kernels equal their formulas, on the host and in the model', async () => {
  const backend = await createOnnxBackend();
  await expect(checkKernels(backend, { runs: 40 })).resolves.toBeUndefined();
  await backend.dispose();
});
