import { RewardEditError } from '@rewardedit/core';
import type { Backend } from '@rewardedit/graph';
import { createDeviceBackend } from './webgpu-backend.ts';
import type { DeviceTraits } from './codegen/shader.ts';

/** Dawn's own switches: half precision on NVIDIA, matrix units, and no second check of what kernels check themselves. */
const DAWN_OPTIONS = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia',
];

/** Kept: Dawn ends the process when the object through which it was started is collected. */
const instances: GPU[] = [];

export interface WebGpuBackendOptions {
  /** A part of the name of the adapter to use, where there are several. */
  readonly adapter?: string;
}

async function startDawn(options: readonly string[]): Promise<GPU> {
  const { create } = await import('webgpu');
  const gpu = create([...options]);
  instances.push(gpu);
  return gpu;
}

/** Runs programs on a GPU through Dawn, or on the processor through a software driver. */
export async function createWebGpuBackend({ adapter: chosen }: WebGpuBackendOptions = {}): Promise<Backend> {
  // Vulkan's loader complains about a missing runtime folder on stdout.
  process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
  const gpu = await startDawn([...DAWN_OPTIONS, ...(chosen === undefined ? [] : [`adapter=${chosen}`])]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new RewardEditError('failed', 'No GPU can be used.');
  }
  const { features, limits, info } = adapter;
  const wanted = ['shader-f16', 'timestamp-query', 'subgroups'].filter((name) => features.has(name));
  const device = await adapter.requestDevice({
    requiredFeatures: wanted as GPUFeatureName[],
    requiredLimits: {
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    },
  });
  const traits: DeviceTraits = {
    halves: features.has('shader-f16'),
    subgroupMatrix: false,
    software: info.isFallbackAdapter,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    maxWorkgroupInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupBytes: limits.maxComputeWorkgroupStorageSize,
  };
  return createDeviceBackend(device, traits);
}
