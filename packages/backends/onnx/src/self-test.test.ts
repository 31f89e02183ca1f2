import type { Backend, TensorData } from '@rewardedit/graph';
import { expect, test } from 'vitest';
import { createOnnxBackend } from './onnx-backend.ts';
import { selfTest } from './self-test.ts';

test('the CPU computes as it should', async () => {
  const backend = await createOnnxBackend();
  expect(await selfTest(backend)).toBeLessThan(1e-5);
  await backend.dispose();
});

test('a backend that is a little wrong shows', async () => {
  const backend = await createOnnxBackend();
  const wrong: Backend = {
    ...backend,
    compile: async (...given) => {
      const executable = await backend.compile(...given);
      return {
        ...executable,
        run: async (inputs) => {
          const outputs = await executable.run(inputs);
          (outputs as Record<string, TensorData>)['kernel'][17] *= 1.5;
          return outputs;
        },
      };
    },
  };
  expect(await selfTest(wrong)).toBeGreaterThan(1e-3);
  await backend.dispose();
});
