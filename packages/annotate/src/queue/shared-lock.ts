/** Runs work concurrently, or alone. */
export type SharedLock = {
  /** Runs work beside others, after exclusive work that was requested before. */
  shared<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Runs work alone: after everything requested before, and before everything requested later. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result>;
};

export function createSharedLock(): SharedLock {
  const underWay = new Set<Promise<unknown>>();
  let lastExclusive: Promise<unknown> = Promise.resolve();
  return {
    async shared(work) {
      const task = lastExclusive.then(work);
      const settled = task.catch(() => undefined);
      underWay.add(settled);
      try {
        return await task;
      } finally {
        underWay.delete(settled);
      }
    },
    exclusive(work) {
      const task = Promise.all([lastExclusive, ...underWay]).then(work);
      lastExclusive = task.catch(() => undefined);
      return task;
    },
  };
}
