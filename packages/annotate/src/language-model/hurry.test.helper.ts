import { vi } from 'vitest';

/** How many times faster waits pass. */
const FACTOR = 2000;

/**
 * Lets everything that waits in this process wait for a 2000th of the time, until the mocks are restored; the limit of time of the
 * client too, so it has to be long.
 */
export function hurry(): void {
  const wait = globalThis.setTimeout;
  const hurried = (call: () => void, milliseconds = 0) => wait(call, milliseconds / FACTOR);
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(hurried);
}
