import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

/**
 * The `n`-th run folder (1, 2, ...) on this machine of a command without output files: in the user's state folder (XDG Base Directory
 * Specification).
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
