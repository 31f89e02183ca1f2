/** What is open, to be closed in the opposite order. */
export interface Releases {
  /** Hands over something opened, and how to close it. */
  add<Opened>(opened: Opened, release: () => Promise<unknown>): Opened;
  /** Closes everything, whatever fails on the way; then throws the first failure. */
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
