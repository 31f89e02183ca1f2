/** Recent values of a count, with their times. */
export type Pace = readonly { readonly count: number; readonly at: number }[];

const WINDOW_MILLISECONDS = 15_000;
/** A faster stream of counts is thinned out. */
const RESOLUTION_MILLISECONDS = 100;

/**
 * Adds a count at a time, in milliseconds of any clock. The window is 15 seconds, or back to the second last count if that is longer ago.
 * The first count is the baseline.
 */
export function addCount(pace: Pace, count: number, at: number): Pace {
  const beforeLast = pace.at(-2);
  const kept =
    beforeLast !== undefined && at - beforeLast.at < RESOLUTION_MILLISECONDS ? pace.slice(0, -1) : pace;
  const next = [...kept, { count, at }];
  const from = next.findLastIndex((each, i) => i < next.length - 1 && each.at <= at - WINDOW_MILLISECONDS);
  return from > 0 ? next.slice(from) : next;
}

/** Returns counts per second; undefined until something was counted. */
export function rateOf(pace: Pace): number | undefined {
  const [first] = pace;
  const last = pace.at(-1);
  if (last === undefined || last.at <= first.at || last.count <= first.count) return undefined;
  return (last.count - first.count) / ((last.at - first.at) / 1000);
}
