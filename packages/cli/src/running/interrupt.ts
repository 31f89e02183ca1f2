import { RewardEditError } from '@rewardedit/core/errors';
/** What asks a process to stop: Ctrl-C, a service manager, a closed terminal. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does work that can be stopped: the first Ctrl-C (or other request to stop) aborts the signal, so that the work finishes
 * what is in flight, saves, and ends with an 'interrupted' error; the second ends the process at once.
 *
 * @param onRequest is called at each request, to tell the user: `again` at the second.
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
      // Dies of the signal, which shells show as 130. To exit would take down threads that are computing, and that aborts.
      process.kill(process.pid, 'SIGINT');
      return;
    }
    controller.abort(
      new RewardEditError('interrupted', 'stopped before the end', { hint: 'the same command begins anew' }),
    );
  };
  for (const name of STOP_SIGNALS) process.on(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
  }
}
