import { RewardEditError, type ErrorCode } from '@rewardedit/core';
import { RunEndingError } from '../judges/run-ending-error.ts';

/** After these failures, replies under way are still worth waiting for, because they were paid for. */
const ORDERLY: readonly ErrorCode[] = ['interrupted', 'exhausted'];

/** Whether the server may still send the replies under way. */
function isOrderly(reason: unknown): boolean {
  if (!(reason instanceof RewardEditError)) return false;
  return ORDERLY.includes(reason.code) || (reason instanceof RunEndingError && reason.code !== 'failed');
}

/**
 * What ends a run early: `halt` starts nothing more, `cancel` drops what is under way. The first reason is reported.
 *
 * @param lost fires when another process has taken over the journal at `path`.
 */
export function haltedBy(signal: AbortSignal | undefined, lost: AbortSignal, path: string) {
  const halt = new AbortController();
  const cancel = new AbortController();
  const end = (reason: unknown) => {
    // Work stopped by the halt has nothing new to report.
    if (halt.signal.aborted && reason === halt.signal.reason) return;
    halt.abort(reason);
    if (!isOrderly(reason) && !lost.aborted) cancel.abort(reason);
  };
  const stop = () => {
    end(
      new RewardEditError('interrupted', 'stopped before the end; all answers are kept', {
        where: path,
        hint: 'the same command continues from there',
      }),
    );
  };
  lost.addEventListener('abort', () => end(lost.reason), { once: true });
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return { halt, cancel, end };
}
