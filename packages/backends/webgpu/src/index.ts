export { createWebGpuBackend, type WebGpuBackendOptions } from './dawn.ts';
