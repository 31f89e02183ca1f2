import { delay } from 'es-toolkit/promise';

/** Waits; rejects with the signal's reason as soon as that fires. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, { signal }).catch(() => signal.throwIfAborted());
}
