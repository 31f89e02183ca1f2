import { reportFailure } from './failure-report.ts';
import { toFailure } from './failure.ts';

/**
 * Says what becomes of the process when nobody takes what it writes. Where stdout goes to a program that has ended (such as
 * `head`), the result is not wanted any more, and the process ends without a word; where it cannot be written (a full disk),
 * with an error. Where it is stderr that goes to a program that has ended, nobody watches any more: long work stops as at
 * Ctrl-C, and can be continued. Where messages cannot be written, they are lost, and the work goes on: it is worth more.
 */
export function handleOutputErrors(): void {
  // The listener of oclif throws, and nobody catches that.
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
