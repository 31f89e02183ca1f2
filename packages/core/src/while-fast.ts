/** Longer operations, in milliseconds, are for other threads, as are those that follow so soon. */
const [SLOW, CAUTION] = [1, 1000];

/**
 * Makes what does small file operations at once for as long as each takes next to no time, as in the system's cache: to hand one to
 * another thread and back costs several times as much. After one that took long, on a slow disk or with a large file, all are handed over
 * for a second: this thread waits for no more than one such operation a second.
 */
export function whileFast(): <T>(atOnce: () => T, handedOver: () => Promise<T>) => Promise<T> {
  let slowUntil = Number.NEGATIVE_INFINITY;
  return async (atOnce, handedOver) => {
    const began = performance.now();
    if (began < slowUntil) return handedOver();
    try {
      return atOnce();
    } finally {
      const ended = performance.now();
      if (ended - began > SLOW) slowUntil = ended + CAUTION;
    }
  };
}
