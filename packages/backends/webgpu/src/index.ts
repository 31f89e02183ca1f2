export { createWebGpuBackend, type WebGpuBackendOptions } from './dawn.ts';
export { listAdapters, type AdapterReport } from './device/adapters.ts';
export type { KernelTime, Profile } from './profile.ts';
export type { WebGpuBackend } from './webgpu-backend.ts';
