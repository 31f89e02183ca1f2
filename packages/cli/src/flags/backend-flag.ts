import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Provider } from '@rewardedit/backend-onnx';
import type { Backend } from '@rewardedit/graph';
import { withSuggestions } from '../errors/failure.ts';
import { suggestionsFor } from '../errors/suggestions.ts';
import { inGroup, type ValuesOf } from './flags.ts';

/** The options of every command that runs a network. */
export const backendFlags = inGroup('Backend', {
  backend: Flags.string({
    summary:
      'Backend: onnx (the CPU), webgpu (any GPU), onnx:cuda, ...; `rewardedit doctor` lists those of this machine.',
    char: 'b',
    helpValue: 'NAME',
    default: 'onnx',
    env: 'REWARDEDIT_BACKEND',
  }),
  adapter: Flags.string({
    summary: 'GPU for webgpu, by part of its name; "software" computes on the CPU.',
    helpValue: 'NAME',
    env: 'REWARDEDIT_ADAPTER',
  }),
  tune: Flags.boolean({
    summary: 'Autotune webgpu: time several kernels when a computation first occurs, and keep the fastest.',
    default: true,
    allowNo: true,
    env: 'REWARDEDIT_TUNE',
  }),
  threads: Flags.integer({
    summary: 'CPU threads; one per core by default.',
    min: 1,
    env: 'REWARDEDIT_THREADS',
  }),
});

const WEBGPU = 'webgpu';

/**
 * Starts the backend that the options name. No other place chooses a backend.
 *
 * @throws RewardEditError 'usage' if this machine has no such backend.
 */
export async function openBackend(options: ValuesOf<typeof backendFlags>): Promise<Backend> {
  const { backend, adapter, tune, threads } = options;
  if (backend === WEBGPU) {
    const { createWebGpuBackend } = await import('@rewardedit/backend-webgpu');
    return createWebGpuBackend({ adapter, tune, notice: (line) => process.stderr.write(`${line}\n`) });
  }
  const { createOnnxBackend } = await import('@rewardedit/backend-onnx');
  return createOnnxBackend({
    provider: await providerOf(backend),
    ...(threads !== undefined && { threads }),
  });
}

/**
 * Checks that this machine has a backend of this name.
 *
 * @throws RewardEditError 'usage' with similar names if it has none.
 */
export async function assertBackend(backend: string): Promise<void> {
  if (backend !== WEBGPU) await providerOf(backend);
}

/** ONNX Runtime's name of a backend. */
async function providerOf(backend: string): Promise<Provider> {
  const { parseProvider } = await import('@rewardedit/backend-onnx');
  try {
    return parseProvider(backend);
  } catch (error) {
    if (!(error instanceof RewardEditError)) throw error;
    throw withSuggestions(error, suggestionsFor(backend, await backendNames()));
  }
}

/** The installed backends. Whether one has a device is known only once it is started. */
export async function backendNames(): Promise<string[]> {
  const { availableProviders } = await import('@rewardedit/backend-onnx');
  return [...availableProviders().map((provider) => `onnx:${provider}`), WEBGPU];
}
