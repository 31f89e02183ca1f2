/** Tells how fast a count grows of late. */
export type RateMeter = {
  /** The count at a moment, in seconds of any clock. */
  add(count: number, seconds: number): void;
  /** Per second, over the window; undefined until something was counted. */
  rate(): number | undefined;
};

const WINDOW_SECONDS = 15;
/** A faster stream of counts than this is thinned out. */
const RESOLUTION_SECONDS = 0.1;

/**
 * Measures over the last 15 seconds, or over the last two counts where those are further apart. What was there at the first
 * count is not counted.
 */
export function createRateMeter(): RateMeter {
  const samples: { count: number; seconds: number }[] = [];
  return {
    add(count, seconds) {
      const beforeLast = samples.at(-2);
      if (beforeLast !== undefined && seconds - beforeLast.seconds < RESOLUTION_SECONDS) samples.pop();
      samples.push({ count, seconds });
      while (samples.length > 2 && samples[1].seconds <= seconds - WINDOW_SECONDS) samples.shift();
    },
    rate() {
      const [first] = samples;
      const last = samples.at(-1);
      if (last === undefined || last.seconds <= first.seconds || last.count <= first.count) return undefined;
      return (last.count - first.count) / (last.seconds - first.seconds);
    },
  };
}
