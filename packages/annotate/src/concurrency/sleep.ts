import { delay } from 'es-toolkit/promise';

/** Waits for so many milliseconds. Rejects with the signal's reason as soon as it fires. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, { signal }).catch(() => signal.throwIfAborted());
}
