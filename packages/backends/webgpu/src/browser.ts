import { RewardEditError } from '@rewardedit/core/errors';
import { openDevice } from './device/open-device.ts';
import { choicesInMemory } from './tuning/choices.ts';
import { createTuner } from './tuning/tuner.ts';
import { createDeviceBackend, type WebGpuBackend } from './webgpu-backend.ts';

/**
 * Runs programs on the GPU of a browser, with the same kernels as in Node. Imports nothing from Node.
 *
 * @param gpu the page's `navigator.gpu`.
 * @throws RewardEditError 'failed' if the browser has no WebGPU, or the machine no supported GPU.
 */
export async function createBrowserBackend(gpu: GPU | undefined): Promise<WebGpuBackend> {
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new RewardEditError('failed', 'This browser has no access to a GPU.', {
      hint: 'Current versions of Chrome, Edge, Safari and Firefox support WebGPU on pages served over https or from localhost.',
    });
  }
  const { device, traits } = await openDevice(adapter);
  return createDeviceBackend(device, {
    traits,
    name: 'webgpu',
    tuner: traits.software ? undefined : (parts) => createTuner(parts, choicesInMemory()),
    availableMemory: () => Number.POSITIVE_INFINITY,
    memoryLimit: () => Number.POSITIVE_INFINITY,
  });
}

export type { Ceilings } from './device/ceilings.ts';
export type { KernelTime, Profile } from './profile.ts';
export type { WebGpuBackend } from './webgpu-backend.ts';
