import { setTimeout } from 'node:timers/promises';

/** Waits; rejects with the signal's reason as soon as that fires. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
