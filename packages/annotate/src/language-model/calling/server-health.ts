import { RunEndingError } from '../../judges/run-ending-error.ts';
import {
  REJECTIONS_THAT_END_A_RUN,
  RETRIES,
  takesNone,
  type CallFailure,
  type FailureKind,
} from './failures.ts';

/** Tells what is wrong with a server from what is wrong with single questions. */
export type ServerHealth = {
  /** A call got a reply. */
  succeed(): void;
  /** Replies a second, in about the last ten. */
  repliesPerSecond(): number;
  /** Whether any call got a reply after that time. */
  repliedSince(time: number): boolean;
  /** Whether a call that was sent then and failed has only itself to blame: while the server replies to nobody, it has not. */
  isOwnFault(failure: CallFailure, sentAt: number): boolean;
  /** A call failed, by its key; it may be tried again. */
  fail(key: string, failure: CallFailure): void;
  /** Throws a `RunEndingError` where a call that is given up shows that no other would fare better. */
  assertUp(failure: CallFailure, call: GivenUp): void;
  /** Milliseconds for which it is still worth waiting for a server that replies to nobody since a call that was sent then. */
  patienceLeft(sentAt: number): number;
  /**
   * Throws the error that ends the run once no patience is left, unless it is only some few calls that get no reply, where others did:
   * then it is these questions.
   */
  assertAnswers(failure: CallFailure, call: GivenUp): void;
};

export type GivenUp = {
  /** When it began, and since when it fails in this way, in milliseconds of the clock. */
  readonly began: number;
  readonly failingSince: number;
  /** Whether its triplet was set aside before: then nothing is lost where the question is taken for the culprit. */
  readonly again: boolean;
};

export type HealthOptions = {
  /** Names the server in messages. */
  readonly host: string;
  /** Seconds for which the run goes on while no call gets a reply. */
  readonly patience: number;
  /** The time, in milliseconds since 1970. */
  readonly clock: () => number;
};

/** So many calls that fail without a success in between are no coincidence. */
const FAILURES_THAT_END_A_RUN = 8;

type Down = { readonly says: string; readonly check: string };

const SILENT: Down = { says: 'the server does not answer', check: 'check that it runs and can be reached' };
/** What is wrong with a server that answers, but of no use. */
const DOWN: Partial<Record<FailureKind, Down>> = {
  'server-error': { says: 'the server fails at every call', check: 'see what its log says' },
  'broken-reply': {
    says: 'the server sends nothing that can be read',
    check: 'check --base-url, and what stands between: a gateway, a proxy, a login page',
  },
};

/** A reply counts for less and less, by half in seven seconds. */
const RATE_MILLISECONDS = 10_000;

export function createServerHealth({ host, patience, clock }: HealthOptions): ServerHealth {
  let lastSuccess = Number.NEGATIVE_INFINITY;
  /** Since when no call got a reply, where one has failed since the last success. */
  let silentSince: number | undefined;
  const failing = new Set<string>();
  let rejections = 0;
  let repliesCounted = 0;

  const repliesOfLate = () => repliesCounted * Math.exp((lastSuccess - clock()) / RATE_MILLISECONDS);

  const isDown = ({ kind }: CallFailure, { began, failingSince, again }: GivenUp) => {
    if (failing.size >= FAILURES_THAT_END_A_RUN) return true;
    if (kind === 'unreachable') return lastSuccess < failingSince;
    // A server that reports an error of its own is there, and may well answer another question.
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
      // What passes by itself counts only while others got replies.
      if (transport && !passing && isDown(failure, call)) {
        const { says, check } = DOWN[kind] ?? SILENT;
        throw new RunEndingError('failed', `${says}: ${message}`, {
          where: host,
          hint: `${check}; the same command goes on where it stopped`,
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
          hint: 'check that it runs and what it is busy with; the same command goes on where it stopped',
        });
      }
      const when = retryAfter === undefined ? 'later' : `after ${formatTime(clock() + retryAfter)}`;
      throw new RunEndingError('exhausted', `the server turns all calls away: ${message} (${since})`, {
        where: host,
        hint: `run the same command again ${when}: it goes on where it stopped`,
      });
    },
  };
}

/** A time of day with its date, in the time zone of this machine: "2030-01-31 14:05:09". */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString('sv-SE');
}

function formatSeconds(seconds: number): string {
  return seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} seconds`;
}
