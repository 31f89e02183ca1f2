import type { DeviceTraits } from '../codegen/shader.ts';
import type { KernelSet } from './kernel-set.ts';
import { tryMatrixUnits } from './try-matrix-units.ts';

/** Requested if supported: f16, timestamp queries, subgroup operations. */
const FEATURES = [
  'shader-f16',
  'timestamp-query',
  'subgroups',
  'chromium-experimental-subgroup-matrix',
] as const;

/** Limits raised to the adapter's maximum. */
const LIMITS = [
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
] as const;

/**
 * Opens an adapter with all features that kernels use.
 *
 * @param kernels 'safe' leaves out features that some drivers implement incorrectly.
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
