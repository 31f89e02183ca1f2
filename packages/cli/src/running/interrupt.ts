import { RewardEditError } from '@rewardedit/core/errors';

/** Signals that stop a process: from Ctrl-C, a service manager, a closed terminal. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work that can be stopped. The first Ctrl-C (or other stop signal) aborts the signal, so that the work saves what is in flight and
 * throws 'interrupted'; the second ends the process immediately.
 *
 * @param onRequest is called on each stop signal, with `again` on the second.
 */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  onRequest: (again: boolean) => void,
): Promise<Result> {
  const controller = new AbortController();
  const stopListening = () => {
    for (const name of STOP_SIGNALS) process.off(name, stop);
  };
  const stop = () => {
    const again = controller.signal.aborted;
    onRequest(again);
    if (again) {
      stopListening();
      // Ends by the signal, which shells report as 130: process.exit would tear down computing threads and abort.
      process.kill(process.pid, 'SIGINT');
      return;
    }
    controller.abort(
      new RewardEditError('interrupted', 'stopped before the end', {
        hint: 'run the same command again to start over',
      }),
    );
  };
  for (const name of STOP_SIGNALS) process.on(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
  }
}
