import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { KernelSet } from './kernel-set.ts';

const SECONDS = 120;
/** From source under a test runner, from the built package otherwise. */
const PROCESS = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './try-kernels-process.ts' : './try-kernels-process.js',
    import.meta.url,
  ),
);

/**
 * Runs the self-test on an adapter with a set of kernels and returns whether it passed. It runs in a separate
 * process, which a faulty driver may crash.
 */
export function passesSelfTest(adapter: string | undefined, set: KernelSet): Promise<boolean> {
  return new Promise((resolve) => {
    const child = fork(PROCESS, [set, adapter ?? ''], {
      stdio: 'ignore',
      execArgv: [],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), SECONDS * 1000);
    child.once('error', () => resolve(false));
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}
