/** Mean and spread of numbers that are seen one at a time (Welford's algorithm). */
export type Running = {
  add(value: number): void;
  /** Absent where nothing was added. */
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

/** Pearson's correlation of pairs that are seen one at a time. */
export type RunningCorrelation = {
  add(x: number, y: number): void;
  /** Absent with fewer than two pairs, or where one side never changes. */
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
  /** The most frequent, with their counts. */
  top(count: number): readonly (readonly [text: string, count: number])[];
  /** Occurrences of texts that came when there was no room for another. */
  readonly others: () => number;
};

/** @param room so many different texts are counted; those that come later than these only as others. */
export function createTally(room: number): Tally {
  const counts = new Map<string, number>();
  let others = 0;
  return {
    add(text) {
      const count = counts.get(text);
      if (count !== undefined || counts.size < room) counts.set(text, (count ?? 0) + 1);
      else others += 1;
    },
    // Where two are equally frequent, the alphabet decides.
    top: (count) => [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, count),
    others: () => others,
  };
}
