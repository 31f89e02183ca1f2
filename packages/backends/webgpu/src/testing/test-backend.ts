import type { Backend } from '@rewardedit/graph';
import { createWebGpuBackend } from '../dawn.ts';

let opened: Promise<Backend | undefined> | undefined;

/**
 * The backend that tests share: a GPU, or a software driver. Without either, tests are skipped with a
 * message, except in continuous integration, which installs a driver.
 */
export function testBackend(): Promise<Backend | undefined> {
  opened ??= createWebGpuBackend().catch((error: unknown) => {
    if (process.env['CI']) throw error;
    process.stderr.write(`\nSKIPPED: tests of the WebGPU backend. ${String(error)}\n\n`);
    return undefined;
  });
  return opened;
}
