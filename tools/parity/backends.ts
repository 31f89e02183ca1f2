import { createOnnxBackend, parseProvider } from '@rewardedit/backend-onnx';
import { createWebGpuBackend } from '@rewardedit/backend-webgpu';
import { RewardEditError } from '@rewardedit/core';
import type { Backend } from '@rewardedit/graph';

/** Opens the backends of each family, by full name. */
const FAMILIES: Readonly<Record<string, (name: string) => Promise<Backend>>> = {
  onnx: async (name) => createOnnxBackend({ provider: parseProvider(name) }),
  webgpu: async (name) =>
    createWebGpuBackend({
      adapter: name.split(':')[1],
      notice: (line) => process.stderr.write(`${line}\n`),
    }),
};

/**
 * Opens a backend by its name: `onnx`, `onnx:cuda`, `webgpu`, `webgpu:software`.
 *
 * @throws RewardEditError 'usage' for an unknown name.
 */
export async function openBackend(name: string): Promise<Backend> {
  const family = name.split(':')[0];
  if (Object.hasOwn(FAMILIES, family)) return FAMILIES[family](name);
  throw new RewardEditError('usage', `unknown backend "${name}"`, {
    hint: `choose one of ${Object.keys(FAMILIES).join(', ')}`,
  });
}
