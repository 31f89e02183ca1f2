/** How long to wait for a reply. */
export type Patience = {
  /** Milliseconds after which a call is given up now. */
  milliseconds(): number;
  /** Tells how long a reply took. */
  learn(milliseconds: number): void;
};

/** So many replies are remembered, and as many are needed before they count. */
const REMEMBERED = 200;
const NEEDED = 50;
/** A call that takes so many times as long as 19 of 20 others will not come back. */
const FACTOR = 8;
const LEAST_MILLISECONDS = 5000;

/**
 * Waits as long as `most` seconds for a reply, or for much longer than replies took lately, whichever is less: a server that
 * answers within a second and hangs on one call in a hundred does not hold a place for minutes each time.
 */
export function createPatience(most: number): Patience {
  const taken: number[] = [];
  let next = 0;
  let limit = Math.round(most * 1000);
  return {
    milliseconds: () => limit,
    learn(milliseconds) {
      taken[next % REMEMBERED] = milliseconds;
      next += 1;
      if (next < NEEDED || next % NEEDED !== 0) return;
      const sorted = taken.toSorted((a, b) => a - b);
      const long = sorted[Math.floor(0.95 * (sorted.length - 1))];
      limit = Math.round(Math.min(most * 1000, Math.max(LEAST_MILLISECONDS, FACTOR * long)));
    },
  };
}
