import type { DeviceTraits } from '../codegen/shader.ts';
import type { KernelSet } from './kernel-set.ts';
import { tryMatrixUnits } from './try-matrix-units.ts';

/** What is asked of a device where it has it: numbers of 16 bits, clocks for measurements, operations across lanes. */
const FEATURES = [
  'shader-f16',
  'timestamp-query',
  'subgroups',
  'chromium-experimental-subgroup-matrix',
] as const;

/** Limits that are raised as far as the adapter goes. */
const LIMITS = [
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
] as const;

/**
 * Opens an adapter, with everything of it that kernels make use of.
 *
 * @param kernels 'safe' leaves out what drivers have been found to get wrong.
 */
export async function openDevice(
  adapter: GPUAdapter,
  kernels: KernelSet = 'full',
): Promise<{ device: GPUDevice; traits: DeviceTraits }> {
  const { features, limits, info } = adapter;
  const present = kernels === 'safe' ? [] : FEATURES.filter((name) => features.has(name));
  const device = await adapter.requestDevice({
    requiredFeatures: present as readonly string[] as GPUFeatureName[],
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, limits[name]])),
  });
  const traits: DeviceTraits = {
    halves: device.features.has('shader-f16'),
    software: info.isFallbackAdapter,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    workgroupMemory: kernels === 'safe' ? 0 : limits.maxComputeWorkgroupStorageSize,
  };
  return { device, traits: { ...traits, matrices: await tryMatrixUnits(device, info) } };
}
