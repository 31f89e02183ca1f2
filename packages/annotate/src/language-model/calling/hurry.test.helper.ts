import { vi } from 'vitest';

/** How many times faster waits pass. */
const FACTOR = 2000;

/**
 * Shortens all waits in this process to a 2000th until the mocks are restored. That includes the client's timeout, so it has to be long.
 * With `clock`, elapsed time runs as fast.
 */
export function hurry({ clock = false } = {}): void {
  const wait = globalThis.setTimeout;
  // Passes on the caller's arguments, as timers of libraries expect.
  const hurried = (call: (value: void) => void, milliseconds = 0, ...values: [void]) =>
    wait(call, milliseconds / FACTOR, ...values);
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(hurried);
  if (!clock) return;
  const now = performance.now.bind(performance);
  const began = now();
  vi.spyOn(performance, 'now').mockImplementation(() => began + (now() - began) * FACTOR);
}
