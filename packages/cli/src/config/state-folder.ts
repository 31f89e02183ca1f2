import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

/**
 * The run folder number `n`, 1, 2, ..., of a command on this machine that makes nothing which it could be beside: it is where programs
 * keep their state (XDG Base Directory Specification).
 */
export function stateFolder(
  command: string,
  n: number,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const { XDG_STATE_HOME: state = '' } = environment;
  const base = state === '' ? join(homedir(), '.local', 'state') : state;
  return join(base, 'rewardedit', `${command}-${hostname()}-${n}`);
}
