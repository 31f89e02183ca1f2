import { availableParallelism } from 'node:os';
import type { TensorData } from '@rewardedit/graph';
import type { ForeignInput } from './foreign-session.ts';
import type { OnnxBackendOptions } from './onnx-backend.ts';
import { availableProvider, providerTraits } from './providers.ts';
import { createWorkerClient } from './worker-client.ts';

/** A model in an ONNX file from another exporter. */
export interface ForeignModel {
  /**
   * @param inputs by name; integers are converted to int64 and f32 to f16 if the model requires it.
   * @returns its outputs by name, flattened.
   * @throws RewardEditError 'failed' for unknown inputs or wrong types.
   */
  run(inputs: Readonly<Record<string, ForeignInput>>): Promise<Readonly<Record<string, TensorData>>>;
  dispose(): Promise<void>;
}

/**
 * Opens an ONNX file, with external weight files next to it, in a separate thread.
 *
 * @throws RewardEditError 'failed' if ONNX Runtime cannot read it.
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
