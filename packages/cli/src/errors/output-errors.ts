import { reportFailure } from './failure-report.ts';
import { toFailure } from './failure.ts';

/**
 * Handles failed writes to stdout and stderr. If the reader of stdout has exited (such as `head`), the process exits silently; any other
 * failure, such as a full disk, is an error. If the reader of stderr has exited, long work stops as on Ctrl-C, and can be resumed; any
 * other failure loses the message, and the work continues.
 */
export function handleOutputErrors(): void {
  // oclif's listener throws where nothing can catch it.
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'EPIPE') process.exit();
    void endWith(error);
  });
  let isWatched = true;
  process.stderr.on('error', (error: Error & { code?: string }) => {
    if (error.code !== 'EPIPE' || !isWatched) return;
    isWatched = false;
    process.emit('SIGHUP', 'SIGHUP');
  });
}

async function endWith(error: Error): Promise<never> {
  const { fromSystemError } = await import('@rewardedit/core');
  const explained = fromSystemError(error, { doing: 'write the result', path: 'standard output' });
  const failure = await toFailure(explained);
  reportFailure(failure, error, { json: false, debug: false });
  return process.exit(failure.exitCode);
}
