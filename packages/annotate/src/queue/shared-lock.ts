/** Lets things be done side by side, or one alone. */
export type SharedLock = {
  /** Does something beside others, once those that asked before to be alone are done. */
  shared<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Does something alone: after everything that was asked for before, and before everything after. */
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
