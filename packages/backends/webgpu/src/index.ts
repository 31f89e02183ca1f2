export { createWebGpuBackend, type WebGpuBackendOptions } from './dawn.ts';
export { listAdapters, type AdapterReport } from './device/adapters.ts';
