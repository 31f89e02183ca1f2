import { availableParallelism } from 'node:os';
import type { TensorData } from '@rewardedit/graph';
import type { ForeignInput } from './foreign-session.ts';
import type { OnnxBackendOptions } from './onnx-backend.ts';
import { availableProvider, providerTraits } from './providers.ts';
import { createWorkerClient } from './worker-client.ts';

/** A model in an ONNX file that somebody else exported. */
export interface ForeignModel {
  /**
   * @param inputs by name; whole numbers become int64 where the model takes those, and f32 becomes f16.
   * @returns its outputs by name, one number after the other.
   * @throws RewardEditError 'failed' for inputs that it does not have, or not of these types.
   */
  run(inputs: Readonly<Record<string, ForeignInput>>): Promise<Readonly<Record<string, TensorData>>>;
  dispose(): Promise<void>;
}

/**
 * Opens an ONNX file, with files of weights beside it, in a thread of its own.
 *
 * @throws RewardEditError 'failed' where ONNX Runtime cannot read it.
 */
export async function openForeignModel(
  path: string,
  { provider = 'cpu', threads = availableParallelism() }: OnnxBackendOptions = {},
): Promise<ForeignModel> {
  const { options: executionProvider } = providerTraits(availableProvider(provider));
  const worker = createWorkerClient();
  const options = {
    executionProviders: [executionProvider],
    intraOpNumThreads: threads,
    logSeverityLevel: 4 as const,
  };
  try {
    await worker.call('openForeign', `Opening ${path}`, { path, options });
  } catch (error) {
    await worker.dispose();
    throw error;
  }
  return {
    run: (inputs) => worker.call('runForeign', `Running ${path}`, { inputs }),
    dispose: worker.dispose,
  };
}
