/** Mean and standard deviation of a stream of numbers (Welford's algorithm). */
export type Running = {
  add(value: number): void;
  /** All but the count are absent if nothing was added. */
  summary(): {
    readonly count: number;
    readonly mean?: number;
    readonly deviation?: number;
    readonly min?: number;
    readonly max?: number;
  };
};

export function createRunning(): Running {
  let [count, mean, squares] = [0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return {
    add(value) {
      count += 1;
      const distance = value - mean;
      mean += distance / count;
      squares += distance * (value - mean);
      min = Math.min(min, value);
      max = Math.max(max, value);
    },
    summary: () =>
      count === 0 ? { count } : { count, mean, deviation: Math.sqrt(squares / count), min, max },
  };
}

/** Pearson's correlation of a stream of pairs. */
export type RunningCorrelation = {
  add(x: number, y: number): void;
  /** The correlation is absent with fewer than two pairs, or if one side is constant. */
  summary(): { readonly count: number; readonly correlation?: number };
};

export function createCorrelation(): RunningCorrelation {
  let [count, meanX, meanY, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  return {
    add(x, y) {
      count += 1;
      const [dx, dy] = [x - meanX, y - meanY];
      meanX += dx / count;
      meanY += dy / count;
      xx += dx * (x - meanX);
      yy += dy * (y - meanY);
      xy += dx * (y - meanY);
    },
    summary: () => (xx > 0 && yy > 0 ? { count, correlation: xy / Math.sqrt(xx * yy) } : { count }),
  };
}

/** Counts how often texts occur. */
export type Tally = {
  add(text: string): void;
  /** Returns the most frequent texts with their counts. */
  top(count: number): readonly (readonly [text: string, count: number])[];
  /** Occurrences of texts that there was no room for. */
  readonly others: () => number;
};

/** @param room limit on the different texts; later ones are only counted as `others`. */
export function createTally(room: number): Tally {
  const counts = new Map<string, number>();
  let others = 0;
  return {
    add(text) {
      const count = counts.get(text);
      if (count !== undefined || counts.size < room) counts.set(text, (count ?? 0) + 1);
      else others += 1;
    },
    // Equally frequent texts are in alphabetical order.
    top: (count) => [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, count),
    others: () => others,
  };
}
