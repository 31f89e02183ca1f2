import { vi } from 'vitest';

/** How many times faster waits pass. */
const FACTOR = 2000;

/**
 * Lets everything that waits in this process wait for a 2000th of the time, until the mocks are restored; the limit of time of the
 * client too, so it has to be long. With `clock`, the time that has passed goes as fast.
 */
export function hurry({ clock = false } = {}): void {
  const wait = globalThis.setTimeout;
  // With what the caller wants to be called with, as timers of libraries are.
  const hurried = (call: (value: void) => void, milliseconds = 0, ...values: [void]) =>
    wait(call, milliseconds / FACTOR, ...values);
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(hurried);
  if (!clock) return;
  const now = performance.now.bind(performance);
  const began = now();
  vi.spyOn(performance, 'now').mockImplementation(() => began + (now() - began) * FACTOR);
}
