import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Provider } from '@rewardedit/backend-onnx';
import type { Backend } from '@rewardedit/graph';
import { withSuggestions } from '../errors/failure.ts';
import { suggestionsFor } from '../errors/suggestions.ts';

const BACKEND = 'Backend';

/** The options of every command that computes: with what, and on how many threads. */
export const backendFlags = {
  backend: Flags.string({
    summary:
      'What computes: onnx (the CPU), webgpu (any GPU), onnx:cuda, ...; `rewardedit doctor` lists those that are there.',
    helpGroup: BACKEND,
    helpValue: 'NAME',
    default: 'onnx',
    env: 'REWARDEDIT_BACKEND',
  }),
  adapter: Flags.string({
    summary: 'The GPU for webgpu, by a part of its name; "software" computes on the processor.',
    helpGroup: BACKEND,
    helpValue: 'NAME',
    env: 'REWARDEDIT_ADAPTER',
  }),
  tune: Flags.boolean({
    summary: 'Time kernels for webgpu when they are met for the first time, and keep the fastest.',
    helpGroup: BACKEND,
    default: true,
    allowNo: true,
    env: 'REWARDEDIT_TUNE',
  }),
  threads: Flags.integer({
    summary: 'Threads to compute with; as many as the machine has cores by default.',
    helpGroup: BACKEND,
    min: 1,
    env: 'REWARDEDIT_THREADS',
  }),
};

const WEBGPU = 'webgpu';

/**
 * Starts the backend that the options name. This is the only place that chooses one.
 *
 * @throws RewardEditError 'usage' where there is no such backend on this machine.
 */
export async function openBackend(options: {
  readonly backend: string;
  readonly adapter?: string | undefined;
  readonly tune?: boolean | undefined;
  readonly threads?: number | undefined;
}): Promise<Backend> {
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
 * Checks that there is a backend of this name.
 *
 * @throws RewardEditError 'usage' where there is none on this machine, with those that were probably meant.
 */
export async function assertBackend(backend: string): Promise<void> {
  if (backend !== WEBGPU) await providerOf(backend);
}

/** What ONNX Runtime calls the backend of this name. */
async function providerOf(backend: string): Promise<Provider> {
  const { parseProvider } = await import('@rewardedit/backend-onnx');
  try {
    return parseProvider(backend);
  } catch (error) {
    if (!(error instanceof RewardEditError)) throw error;
    throw withSuggestions(error, suggestionsFor(backend, await backendNames()));
  }
}

/** The backends that are installed; whether there is a device for one shows only when it is used. */
export async function backendNames(): Promise<string[]> {
  const { availableProviders } = await import('@rewardedit/backend-onnx');
  return [...availableProviders().map((provider) => `onnx:${provider}`), WEBGPU];
}
