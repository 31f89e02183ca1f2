/** Lets things be done side by side, or one alone. */
export type Turns = {
  /** Does something beside others, once those that asked before to be alone are done. */
  together<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Does something alone: after everything that was asked for before, and before everything after. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
};

export function createTurns(): Turns {
  const underWay = new Set<Promise<unknown>>();
  let lastAlone: Promise<unknown> = Promise.resolve();
  return {
    async together(work) {
      const task = lastAlone.then(work);
      const settled = task.catch(() => undefined);
      underWay.add(settled);
      try {
        return await task;
      } finally {
        underWay.delete(settled);
      }
    },
    alone(work) {
      const task = Promise.all([lastAlone, ...underWay]).then(work);
      lastAlone = task.catch(() => undefined);
      return task;
    },
  };
}
