/** Things that take long to make and have to be let go; those that were asked for last are kept. */
export interface Cache<Value> {
  /** What is kept under the key, or what `make` makes. A failure is not kept: the next one who asks has it made again. */
  get(key: string, make: () => Promise<Value>): Promise<Value>;
  /** Lets everything go. */
  clear(): Promise<void>;
}

/** @param most how many are kept; the one that nobody has asked for for longest goes first. */
export function createCache<Value>(most: number, letGo: (value: Value) => Promise<void>): Cache<Value> {
  /** In the order in which they were asked for last. */
  const kept = new Map<string, Promise<Value>>();

  async function remove(key: string): Promise<void> {
    const value = kept.get(key)!;
    kept.delete(key);
    await letGo(await value);
  }

  return {
    async get(key, make) {
      const known = kept.get(key);
      const value = known ?? make();
      kept.delete(key);
      kept.set(key, value);
      if (!known) {
        value.catch(() => kept.get(key) === value && kept.delete(key));
        await value;
        for (const oldest of [...kept.keys()].slice(0, -most)) await remove(oldest);
      }
      return value;
    },
    async clear() {
      for (const key of [...kept.keys()]) await remove(key);
    },
  };
}
