import { addAbortListener } from 'node:events';

/** Decides when a call may be sent. */
export type RateLimiter = {
  /**
   * Waits until a call may be sent, and counts it as under way. Calls proceed in order, retries first. Rejects with the signal's reason if
   * that fires first.
   */
  acquire(options: {
    readonly again: boolean;
    readonly tokens: number;
    readonly signal: AbortSignal;
    /** Called if the call is next and has to wait so many milliseconds for a limit of `RateLimiterOptions`. */
    readonly onWait?: ((milliseconds: number, why: string) => void) | undefined;
  }): Promise<Permit>;
  /** How many calls may be under way now. */
  readonly limit: number;
  /** Calls under way. */
  readonly underWay: number;
};

/** The right to one call under way. Release it exactly once. */
export type Permit = { release(released: Released): void };

export type Released = {
  /** Whether the call got a reply, got one slowly, was rate-limited, timed out, or failed otherwise. */
  readonly outcome: 'good' | 'slow' | 'limited' | 'late' | 'failed';
  /** The wait in milliseconds that the server asks for. */
  readonly pause?: number | undefined;
};

export type RateLimiterOptions = {
  /** The most calls under way. */
  readonly most: number;
  /** How many calls to start with. */
  readonly start?: number;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  /**
   * Milliseconds by which the first call precedes all others, unless it returns earlier: then one call discovers a wrong address or key,
   * not all calls that may start at once. 0 by default.
   */
  readonly ahead?: number;
};

/** By default, a limiter starts with this share of the most, but at least so many. */
const [START_SHARE, LEAST_START] = [0.5, 32];
/** Once the limit has been cut, it grows by this share per round, the time in which all calls under way return. */
const GROWTH = 0.05;
/** While at most this share of calls is turned away, the server is not at its limit; known after so many calls. */
const STRAY = 0.1;
const KNOWN = 50;
/** Each call that times out lowers the limit by so much: calls that wait at the server do not make it faster. */
const LATE = 0.75;
/** The longest pause in milliseconds, whatever the server asks for. */
const LONGEST_PAUSE = 5 * 60 * 1000;

/**
 * Creates a limiter that finds out how many calls at once a server accepts. The limit doubles every round until calls are turned away
 * (429). It is then cut once for all calls that were under way, by half the share that was turned away, and grows by a twentieth per round:
 * so a server at its limit is used at its limit, and a stray 429 costs next to nothing. (The rule is that of Data Center TCP, with rejected
 * calls for marked packets: RFC 8257, section 3.3.) Timeouts lower the limit too, and it does not grow while replies are slow. A wait that
 * the server asks for holds back all calls, unless it comes with a stray 429.
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
    // A limiter that is not busy learns nothing about the server.
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
        // If the first call shows that none would succeed, the run ends before others start.
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
          // The timer may have been set for this call.
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
