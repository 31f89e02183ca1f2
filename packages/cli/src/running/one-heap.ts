import { ONE_HEAP } from '@rewardedit/core/one-heap';

/** The commands that train. */
const TRAINING: ReadonlySet<string> = new Set(['train', 'demo']);

/** What a process was started with. */
export type Start = Pick<
  NodeJS.Process,
  'platform' | 'argv' | 'execArgv' | 'execPath' | 'env' | 'channel' | 'execve'
>;

/**
 * Puts the same program in the place of this process, with the environment that training wants: it keeps its number, its terminal and
 * its arguments. Comes back where nothing is to be gained, or the user has settings of their own. To be called before anything else is
 * loaded, which would only be lost.
 */
export function restartWithOneHeap(start: Start): void {
  const { platform, argv, execArgv, execPath, env, channel } = start;
  const [, script, command] = argv;
  const isSet = ['GLIBC_TUNABLES', ...Object.keys(ONE_HEAP)].some((name) => env[name] !== undefined);
  // A channel to the process that started this one would be lost.
  if (platform !== 'linux' || !TRAINING.has(command) || isSet || channel) return;
  try {
    // Node has it from 22.15 on.
    start.execve?.(execPath, [execPath, ...execArgv, script, ...argv.slice(2)], { ...env, ...ONE_HEAP });
  } catch {
    // Where Node's permissions forbid it, training takes somewhat longer.
  }
}
