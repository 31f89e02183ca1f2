import { whenAborted } from './when-aborted.ts';

/** Waits; rejects with the signal's reason as soon as that fires. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const timer = setTimeout(() => {
      forget();
      resolve();
    }, milliseconds);
    const forget = whenAborted(signal, () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
