/** A least recently used cache of values that are slow to make and must be disposed of. */
export interface Cache<Value> {
  /** Returns the value of the key, or makes it. A failure is not cached: the next call makes it again. */
  get(key: string, make: () => Promise<Value>): Promise<Value>;
  /** Disposes of all values. */
  clear(): Promise<void>;
}

/** @param most number of values kept; beyond it, the least recently used one is disposed of. */
export function createCache<Value>(most: number, letGo: (value: Value) => Promise<void>): Cache<Value> {
  /** Least recently used first. */
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
