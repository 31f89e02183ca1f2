const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls a function when the signal fires, at once where it has; gives one that takes that back. One listener serves all: signals look through those
 * they have at each new one, and hundreds of calls wait for the same signal.
 */
export function whenAborted(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) {
    call();
    return () => undefined;
  }
  let waiting = listeners.get(signal);
  if (waiting === undefined) {
    const all = new Set<() => void>();
    waiting = all;
    listeners.set(signal, all);
    signal.addEventListener('abort', () => {
      for (const each of all) each();
    });
  }
  const set = waiting;
  set.add(call);
  return () => set.delete(call);
}
