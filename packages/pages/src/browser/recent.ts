/** A cache of the most recently used values, by key. */
export type Recent<Value> = {
  get(key: string): Value;
  forget(key: string): void;
};

/** Keeps the values that `make` returned for the last `size` keys; calls `drop` with each evicted value. */
export function keepRecent<Value>(
  size: number,
  make: (key: string) => Value,
  drop: (value: Value) => void = () => undefined,
): Recent<Value> {
  const kept = new Map<string, Value>();
  const forget = (key: string) => {
    const value = kept.get(key);
    if (!kept.delete(key)) return;
    drop(value as Value);
  };
  return {
    get(key) {
      const value = kept.has(key) ? (kept.get(key) as Value) : make(key);
      kept.delete(key);
      kept.set(key, value);
      const [oldest] = kept.keys();
      if (kept.size > size) forget(oldest);
      return value;
    },
    forget,
  };
}
