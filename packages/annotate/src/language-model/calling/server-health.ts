import { RunEndingError } from '../../judges/run-ending-error.ts';
import {
  REJECTIONS_THAT_END_A_RUN,
  RETRIES,
  takesNone,
  type CallFailure,
  type FailureKind,
} from './failures.ts';

/** Distinguishes what is wrong with a server from what is wrong with single questions. */
export type ServerHealth = {
  /** A call got a reply. */
  succeed(): void;
  /** Replies per second over about the last ten seconds. */
  repliesPerSecond(): number;
  /** Whether any call got a reply after that time. */
  repliedSince(time: number): boolean;
  /** Whether a call that was sent at that time and failed is itself to blame: not while the server replies to no call. */
  isOwnFault(failure: CallFailure, sentAt: number): boolean;
  /** A call failed, by its key; it may be tried again. */
  fail(key: string, failure: CallFailure): void;
  /** Throws a `RunEndingError` if a call that is given up shows that no other would succeed. */
  assertUp(failure: CallFailure, call: GivenUp): void;
  /** How many milliseconds to keep waiting for a server that has replied to no call since one sent at that time. */
  patienceLeft(sentAt: number): number;
  /** Throws the error that ends the run, unless only a few calls get no reply while others do: then these questions are to blame. */
  assertAnswers(failure: CallFailure, call: GivenUp): void;
};

export type GivenUp = {
  /** When it began, and since when it has failed in this way, in milliseconds of the clock. */
  readonly began: number;
  readonly failingSince: number;
  /** Whether its triplet was set aside before: then nothing is lost by blaming the question. */
  readonly again: boolean;
};

export type HealthOptions = {
  /** Names the server in messages. */
  readonly host: string;
  /** Seconds for which the run continues while no call gets a reply. */
  readonly patience: number;
  /** Returns the time in milliseconds since 1970. */
  readonly clock: () => number;
};

/** So many failed calls without a success in between are no coincidence. */
const FAILURES_THAT_END_A_RUN = 8;

type Down = { readonly says: string; readonly check: string };

const SILENT: Down = { says: 'the server does not answer', check: 'check that it runs and can be reached' };
/** What is wrong with a server whose responses are useless. */
const DOWN: Partial<Record<FailureKind, Down>> = {
  'server-error': { says: 'the server fails at every call', check: 'check its log' },
  'broken-reply': {
    says: 'the server sends no readable response',
    check: 'check --base-url, and what is in between: a gateway, a proxy, a login page',
  },
};

/** The weight of a reply halves in seven seconds. */
const RATE_MILLISECONDS = 10_000;

export function createServerHealth({ host, patience, clock }: HealthOptions): ServerHealth {
  let lastSuccess = Number.NEGATIVE_INFINITY;
  /** Since when no call has got a reply, if one has failed since the last success. */
  let silentSince: number | undefined;
  const failing = new Set<string>();
  let rejections = 0;
  let repliesCounted = 0;

  const repliesOfLate = () => repliesCounted * Math.exp((lastSuccess - clock()) / RATE_MILLISECONDS);

  const isDown = ({ kind }: CallFailure, { began, failingSince, again }: GivenUp) => {
    if (failing.size >= FAILURES_THAT_END_A_RUN) return true;
    if (kind === 'unreachable') return lastSuccess < failingSince;
    // A server that reports its own error is running, and may well answer another question.
    return kind !== 'server-error' && lastSuccess < began && !again;
  };

  return {
    succeed() {
      repliesCounted = repliesOfLate() + 1;
      lastSuccess = clock();
      silentSince = undefined;
      failing.clear();
    },
    repliesPerSecond: () => repliesOfLate() / (RATE_MILLISECONDS / 1000),
    repliedSince: (time) => lastSuccess > time,
    isOwnFault: ({ kind }, sentAt) => RETRIES[kind].passing !== true || lastSuccess > sentAt,
    fail(key, { kind }) {
      if (RETRIES[kind].transport === true) failing.add(key);
    },
    assertUp(failure, call) {
      const { kind, message } = failure;
      const { transport = false, passing = false } = RETRIES[kind];
      // What passes by itself counts only while others get replies.
      if (transport && !passing && isDown(failure, call)) {
        const { says, check } = DOWN[kind] ?? SILENT;
        throw new RunEndingError('failed', `${says}: ${message}`, {
          where: host,
          hint: `${check}; the same command resumes where it stopped`,
        });
      }
      rejections += Number(kind === 'rejected' && !call.again);
      if (rejections >= REJECTIONS_THAT_END_A_RUN && lastSuccess === Number.NEGATIVE_INFINITY)
        throw takesNone(message, host);
    },
    patienceLeft(sentAt) {
      silentSince ??= Math.max(sentAt, lastSuccess);
      return silentSince + patience * 1000 - clock();
    },
    assertAnswers({ kind, message, retryAfter }, { began }) {
      const turnedAway = kind === 'rate-limited' || retryAfter !== undefined;
      if (!turnedAway && failing.size < FAILURES_THAT_END_A_RUN && lastSuccess > began) return;
      const since = `no call has got a reply for ${formatSeconds(patience)}`;
      if (!turnedAway) {
        throw new RunEndingError('failed', `the server does not answer: ${message} (${since})`, {
          where: host,
          hint: 'check that it runs, and what keeps it busy; the same command resumes where it stopped',
        });
      }
      const when = retryAfter === undefined ? 'later' : `after ${formatTime(clock() + retryAfter)}`;
      throw new RunEndingError('exhausted', `the server turns all calls away: ${message} (${since})`, {
        where: host,
        hint: `run the same command again ${when}: it resumes where it stopped`,
      });
    },
  };
}

/** Formats a time in the time zone of this machine: "2030-01-31 14:05:09". */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString('sv-SE');
}

function formatSeconds(seconds: number): string {
  return seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} seconds`;
}
