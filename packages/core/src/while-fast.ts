/** An operation that takes longer than the first number of milliseconds makes the next ones asynchronous for the second. */
const [SLOW, CAUTION] = [1, 1000];

/**
 * Runs small file operations synchronously as long as they are fast, as they are from the system's cache: the asynchronous version of a
 * cached read costs several times as much. After a slow one (a slow disk, a large file) every operation is asynchronous for a
 * second, so the thread is blocked by at most one slow operation a second.
 */
export function whileFast(): <T>(synchronous: () => T, asynchronous: () => Promise<T>) => Promise<T> {
  let slowUntil = Number.NEGATIVE_INFINITY;
  return async (synchronous, asynchronous) => {
    const began = performance.now();
    if (began < slowUntil) return asynchronous();
    try {
      return synchronous();
    } finally {
      const ended = performance.now();
      if (ended - began > SLOW) slowUntil = ended + CAUTION;
    }
  };
}
