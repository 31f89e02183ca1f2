import { selfTest } from '@rewardedit/graph';
import { createWebGpuBackend } from '../dawn.ts';
import type { KernelSet } from './kernel-set.ts';

// The separate process of `passesSelfTest`; exits with 0 if the self-test passed.
const TOLERANCE = 5e-3;
const [kernels, adapter] = process.argv.slice(2);
const backend = await createWebGpuBackend({
  kernels: kernels as KernelSet,
  tune: false,
  ...(adapter !== '' && { adapter }),
});
process.exit((await selfTest(backend)) <= TOLERANCE ? 0 : 1);
