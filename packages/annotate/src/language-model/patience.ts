/** Gives up calls that take far longer than others do. */
export type Patience = {
  /**
   * Watches over a call from now on; `giveUp` is called when it has taken too long, with the milliseconds that it was given: twice
   * as many for each time that it was given up before.
   */
  watch(givenUpBefore: number, giveUp: (milliseconds: number) => void): Watch;
};

export type Watch = {
  /** The call is over; a reply that came tells how long replies take. */
  end(outcome: 'reply' | 'failure'): void;
};

/** So many replies are remembered, and a fourth of them are needed before they count. */
const REMEMBERED = 200;
const NEEDED = REMEMBERED / 4;
/** A call that takes so many times as long as 19 of 20 others will not come back. */
const FACTOR = 3;
const LEAST_MILLISECONDS = 2000;
const LOOK_EVERY_MILLISECONDS = 250;

/**
 * Waits as long as `most` seconds for a reply, or for much longer than replies took lately, whichever is less: a server that
 * answers within a second and hangs on one call in a hundred does not hold a place for minutes each time.
 */
export function createPatience(most: number): Patience {
  const taken: number[] = [];
  let learned = 0;
  let limit = most * 1000;
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;

  const learn = (milliseconds: number) => {
    taken[learned % REMEMBERED] = milliseconds;
    learned += 1;
    if (learned % NEEDED !== 0) return;
    const sorted = taken.toSorted((a, b) => a - b);
    const long = sorted[Math.floor(0.95 * (sorted.length - 1))];
    limit = Math.min(most * 1000, Math.max(LEAST_MILLISECONDS, FACTOR * long));
  };

  // One look at all calls, since the limit may have fallen below what a call was promised when it began.
  const look = () => {
    const now = performance.now();
    for (const call of watched) {
      const given = Math.min(most * 1000, limit * 2 ** call.givenUpBefore);
      if (now - call.since <= given) continue;
      watched.delete(call);
      call.giveUp(given);
    }
  };

  return {
    watch(givenUpBefore, giveUp) {
      const call = { since: performance.now(), givenUpBefore, giveUp };
      watched.add(call);
      timer ??= setInterval(look, LOOK_EVERY_MILLISECONDS);
      return {
        end(outcome) {
          watched.delete(call);
          if (outcome === 'reply') learn(performance.now() - call.since);
          if (watched.size > 0) return;
          clearInterval(timer);
          timer = undefined;
        },
      };
    },
  };
}

type Watched = {
  readonly since: number;
  readonly givenUpBefore: number;
  giveUp(milliseconds: number): void;
};
