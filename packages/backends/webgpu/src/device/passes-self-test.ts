import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { KernelSet } from './kernel-set.ts';

const SECONDS = 120;
/** Built, or as a source, which Node runs too. */
const PROCESS = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './try-kernels-process.ts' : './try-kernels-process.js',
    import.meta.url,
  ),
);

/**
 * Whether an adapter computes the self-test right with a set of kernels, tried out in a process of its own: a driver that cannot
 * may end it.
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
