import { addAbortListener } from 'node:events';

/** Decides when a call may be sent. */
export type RateLimiter = {
  /**
   * Waits until a call may be sent, and counts it as under way. Calls come in order, those that are tried again first.
   * Rejects with the signal's reason when that fires first.
   */
  acquire(options: {
    readonly again: boolean;
    readonly tokens: number;
    readonly signal: AbortSignal;
    /** Told that the call is next and has to wait for so many milliseconds, where the reason is a limit of `RateLimiterOptions`. */
    readonly onWait?: ((milliseconds: number, why: string) => void) | undefined;
  }): Promise<Permit>;
  /** How many calls may be under way now. */
  readonly limit: number;
  /** Calls under way. */
  readonly underWay: number;
};

/** A call that is under way, to be given back once. */
export type Permit = {
  release(released: Released): void;
};

export type Released = {
  /**
   * Whether the call got a reply, got one slowly, was turned away because there are too many, got no reply in time, or failed otherwise.
   */
  readonly outcome: 'good' | 'slow' | 'limited' | 'late' | 'failed';
  /** Milliseconds that the server asks to wait. */
  readonly pause?: number | undefined;
};

export type RateLimiterOptions = {
  /** Calls under way, at most. */
  readonly most: number;
  /** How many to begin with. */
  readonly start?: number;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  /**
   * Milliseconds for which the first call goes ahead of all others, unless it comes back before: a wrong address or key is told by one
   * call then, not by all that may begin at once. None by default.
   */
  readonly ahead?: number;
};

/** Unless told, a limiter begins with this share of the most, and at least with so many. */
const [START_SHARE, LEAST_START] = [0.5, 32];
/** In a round, the time in which all calls under way come back, the limit grows by this share once it has been cut. */
const GROWTH = 0.05;
/** Where no more than this share of calls is turned away, the server is not at its limit, once so many calls have come back. */
const STRAY = 0.1;
const KNOWN = 50;
/** Each call that got no reply in time takes so much off the limit: those that wait at the server make it no faster. */
const LATE = 0.75;
/** Nobody is held back longer than this, in milliseconds, whatever the server asks. */
const LONGEST_PAUSE = 5 * 60 * 1000;

/**
 * A limiter that finds out how many calls at once a server takes. The limit doubles from round to round until calls are turned
 * away (429). Then it is cut, once for all calls that were under way, by half the share that was turned away, and grows by a
 * twentieth a round: a server at its limit is met at that limit, and a stray 429 costs next to nothing. (The rule is that of
 * Data Center TCP, with rejected calls for marked packets: RFC 8257, section 3.3.) Calls that get no reply in time lower it too, and
 * it does not grow while replies come slowly. A wait that the server asks for holds all calls back, but for that of a stray 429.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { most, requestsPerMinute, tokensPerMinute, ahead = 0 } = options;
  const { start = Math.max(LEAST_START, START_SHARE * most) } = options;
  let limit = Math.min(start, most);
  let grown = Number.POSITIVE_INFINITY;
  let turnedAway = 0;
  let returned = 0;
  let underWay = 0;
  let entered = 0;
  let episodeEnd = 0;
  let pausedUntil = 0;
  let aheadUntil = 0;
  const paces = [
    { unit: 'calls', perMinute: requestsPerMinute, amount: () => 1, nextAt: 0 },
    { unit: 'tokens', perMinute: tokensPerMinute, amount: (tokens: number) => tokens, nextAt: 0 },
  ];
  const queues: Waiting[][] = [[], []];
  let timer: NodeJS.Timeout | undefined;

  const opensAt = () => Math.max(pausedUntil, aheadUntil, ...paces.map(({ nextAt }) => nextAt));

  const admit = () => {
    clearTimeout(timer);
    timer = undefined;
    for (;;) {
      for (const each of queues) while (each.length > 0 && each[0].signal.aborted) each.shift();
      const queue = queues.find(({ length }) => length > 0);
      if (queue === undefined || underWay >= Math.floor(limit)) return;
      const now = performance.now();
      const wait = opensAt() - now;
      if (wait > 0) {
        const pace = paces.find(({ nextAt }) => nextAt > pausedUntil && nextAt - now >= wait);
        if (pace !== undefined)
          queue[0].onWait?.(wait, `no more than ${pace.perMinute} ${pace.unit} a minute are allowed`);
        timer = setTimeout(admit, wait);
        return;
      }
      const waiting = queue.shift()!;
      for (const pace of paces) {
        if (pace.perMinute === undefined) continue;
        pace.nextAt = Math.max(pace.nextAt, now) + (60_000 * pace.amount(waiting.tokens)) / pace.perMinute;
      }
      waiting.resolve(permit());
    }
  };

  const openAll = () => {
    aheadUntil = 0;
    admit();
  };

  const permit = (): Permit => {
    underWay += 1;
    entered += 1;
    if (entered === 1 && ahead > 0) aheadUntil = performance.now() + ahead;
    const number = entered;
    // A limiter that nobody crowds at learns nothing about the server.
    const full = underWay * 2 >= limit;
    return {
      release({ outcome, pause = 0 }) {
        underWay -= 1;
        const limited = outcome === 'limited';
        const late = outcome === 'late';
        const round = Math.max(limit, 1);
        returned += 1;
        turnedAway += (Number(limited || late) - turnedAway) / round;
        if (late) limit = Math.max(1, limit - LATE);
        if (limited && number > episodeEnd) {
          episodeEnd = entered;
          limit = Math.max(1, limit * (1 - turnedAway / 2));
        } else if (outcome === 'good' && full) {
          limit = Math.min(most, limit + (limit < grown ? 1 : Math.max(1, GROWTH * limit) / round));
        }
        const isStray = returned >= KNOWN && turnedAway <= STRAY;
        if ((limited || late) && turnedAway > STRAY) grown = limit;
        if (pause > 0 && !(limited && isStray))
          pausedUntil = Math.max(pausedUntil, performance.now() + Math.min(pause, LONGEST_PAUSE));
        // Where the first call shows that none would fare better, the run has ended before others begin.
        if (aheadUntil > performance.now()) setTimeout(openAll);
        else admit();
      },
    };
  };

  return {
    acquire: ({ again, tokens, signal, onWait }) =>
      new Promise<Permit>((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const waiting: Waiting = {
          ...{ tokens, signal, onWait },
          resolve(permit) {
            listening[Symbol.dispose]();
            resolve(permit);
          },
        };
        const listening = addAbortListener(signal, () => {
          reject(signal.reason as Error);
          // Nobody may be left to wait for.
          admit();
        });
        queues[again ? 0 : 1].push(waiting);
        admit();
      }),
    get limit() {
      return limit;
    },
    get underWay() {
      return underWay;
    },
  };
}

type Waiting = Omit<Parameters<RateLimiter['acquire']>[0], 'again'> & { resolve(permit: Permit): void };
