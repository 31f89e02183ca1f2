export { createWebGpuBackend, type WebGpuBackendOptions } from './dawn.ts';
export { listAdapters, type AdapterReport } from './device/adapters.ts';
export type { Ceilings } from './device/ceilings.ts';
export { planProgram, type ProgramPlan } from './plan/program-plan.ts';
export type { KernelTime, Profile } from './profile.ts';
export type { WebGpuBackend } from './webgpu-backend.ts';
