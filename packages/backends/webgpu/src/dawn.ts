import type { DeviceTraits } from './codegen/shader.ts';
import { findAdapter } from './device/adapters.ts';
import { openDevice } from './device/open-device.ts';
import { choiceFileOf, choicesInFile } from './tuning/choice-file.ts';
import { createTuner } from './tuning/tuner.ts';
import { createDeviceBackend, type WebGpuBackend } from './webgpu-backend.ts';

/** The version of Dawn's package, which decides how shaders are compiled. */
const DAWN = 'webgpu 0.6.2';

export interface WebGpuBackendOptions {
  /** A part of the name of the GPU to use, where there are several; "software" computes on the processor. */
  readonly adapter?: string | undefined;
  /** Whether kernels that are met for the first time are timed; their choice is kept on disk. They are unless told, on a GPU. */
  readonly tune?: boolean | undefined;
  /** Told what a user should know, in one line: that there is no GPU, for example. */
  readonly notice?: ((line: string) => void) | undefined;
}

/**
 * Runs programs on a GPU through Dawn, Chromium's WebGPU; on a machine without one, on the processor, if a driver for it
 * is installed.
 *
 * @throws RewardEditError 'failed' where there is no adapter, with what to install.
 */
export async function createWebGpuBackend({
  adapter: chosen,
  tune = true,
  notice,
}: WebGpuBackendOptions = {}): Promise<WebGpuBackend> {
  const adapter = await findAdapter(chosen);
  const { device, traits } = await openDevice(adapter);
  if (traits.software && chosen === undefined)
    notice?.(
      `No GPU was found: WebGPU computes on the processor (${adapter.info.device || adapter.info.description}), slowly.`,
    );
  return createDeviceBackend(device, {
    traits,
    name: traits.software ? 'webgpu:software' : 'webgpu',
    tuner:
      tune && !traits.software
        ? (parts) => createTuner(parts, choicesInFile(choiceFileOf(adapter.info, DAWN)))
        : undefined,
    availableMemory: () => availableMemory(traits),
  });
}

/** WebGPU does not tell how much memory a GPU has left; what does not fit shows when it is asked for. */
function availableMemory({ software }: DeviceTraits): number {
  return software ? process.availableMemory() : Number.POSITIVE_INFINITY;
}
