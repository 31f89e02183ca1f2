import { selfTest } from '@rewardedit/graph';
import { createWebGpuBackend } from '../dawn.ts';
import type { KernelSet } from './kernel-set.ts';

// Runs as a process of its own, which `passesSelfTest` starts; its exit code says whether the device computed rightly.
const TOLERANCE = 5e-3;
const [kernels, adapter] = process.argv.slice(2);
const backend = await createWebGpuBackend({
  kernels: kernels as KernelSet,
  tune: false,
  ...(adapter !== '' && { adapter }),
});
process.exit((await selfTest(backend)) <= TOLERANCE ? 0 : 1);
