/** Open resources, to close in reverse order. */
export interface Releases {
  /** Registers a resource and how to close it. */
  add<Opened>(opened: Opened, release: () => Promise<unknown>): Opened;
  /** Closes all resources even if some fail, then throws the first error. */
  all(): Promise<void>;
}

export function createReleases(): Releases {
  const pending: (() => Promise<unknown>)[] = [];
  return {
    add(opened, release) {
      pending.push(release);
      return opened;
    },
    async all() {
      const failures: unknown[] = [];
      for (let release = pending.pop(); release; release = pending.pop())
        await release().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
  };
}
