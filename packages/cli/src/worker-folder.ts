import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

/**
 * The run folder of the worker number `n`, 1, 2, ..., of this machine. A worker makes nothing that it could be beside, so it is where
 * programs keep their state (XDG Base Directory Specification).
 */
export function workerFolder(n: number, environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_STATE_HOME: state = '' } = environment;
  const base = state === '' ? join(homedir(), '.local', 'state') : state;
  return join(base, 'rewardedit', `worker-${hostname()}-${n}`);
}
