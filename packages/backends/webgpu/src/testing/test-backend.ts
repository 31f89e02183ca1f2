import type { Backend } from '@rewardedit/graph';
import { createWebGpuBackend } from '../dawn.ts';

let opened: Promise<Backend | undefined> | undefined;

/**
 * The backend that tests share: on a GPU, or on the processor. Where there is neither, tests are skipped and this says
 * so, but not in continuous integration, which installs a driver.
 */
export function testBackend(): Promise<Backend | undefined> {
  opened ??= createWebGpuBackend().catch((error: unknown) => {
    if (process.env['CI']) throw error;
    process.stderr.write(`\nSKIPPED: tests of the WebGPU backend. ${String(error)}\n\n`);
    return undefined;
  });
  return opened;
}
