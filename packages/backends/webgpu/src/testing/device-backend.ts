import type { Backend } from '@rewardedit/graph';
import type { DeviceTraits, KernelStep } from '../codegen/shader.ts';
import { findAdapter } from '../device/adapters.ts';
import { openDevice } from '../device/open-device.ts';
import { createDeviceBackend } from '../webgpu-backend.ts';

/**
 * A backend that treats the device as a different one, so that kernels for other devices are tested.
 *
 * @param choose picks one of the kernels for the same result.
 */
export async function pretendedBackend(
  pretended: Partial<DeviceTraits>,
  choose: (kernels: readonly KernelStep[]) => KernelStep,
): Promise<Backend> {
  const { device, traits } = await openDevice(await findAdapter());
  return createDeviceBackend(device, {
    traits: { ...traits, ...pretended },
    name: 'pretended',
    tuner: () => ({ choose: async (step) => choose([step, ...(step.alternatives?.() ?? [])]) }),
    availableMemory: () => Number.POSITIVE_INFINITY,
    memoryLimit: () => Number.POSITIVE_INFINITY,
  });
}
