import { RunEndingError } from '../run-ending-error.ts';
import { REJECTIONS_THAT_END_A_RUN, RETRIES, takesNone, type CallFailure } from './failures.ts';

/** Tells what is wrong with a server from what is wrong with single questions. */
export type ServerHealth = {
  /** A call got a reply. */
  succeed(): void;
  /** A call failed, by its key; it may be tried again. */
  fail(key: string, failure: CallFailure): void;
  /** Throws a `RunEndingError` where a call that is given up shows that no other would fare better. */
  assertUp(failure: CallFailure, call: GivenUp): void;
};

export type GivenUp = {
  /** When it began, and since when it fails in this way, in milliseconds of `performance.now`. */
  readonly began: number;
  readonly failingSince: number;
  /** Whether its triplet was set aside before: then nothing is lost where the question is taken for the culprit. */
  readonly again: boolean;
};

/** So many calls that fail without a success in between are no coincidence. */
const FAILURES_THAT_END_A_RUN = 8;

/** @param host names the server in messages. */
export function createServerHealth(host: string): ServerHealth {
  let lastSuccess = Number.NEGATIVE_INFINITY;
  const failing = new Set<string>();
  let rejections = 0;

  const isDown = ({ kind }: CallFailure, { began, failingSince, again }: GivenUp) => {
    if (failing.size >= FAILURES_THAT_END_A_RUN) return true;
    if (kind === 'unreachable') return lastSuccess < failingSince;
    // A server that reports an error of its own is there, and may well answer another question.
    return kind !== 'server-error' && lastSuccess < began && !again;
  };

  return {
    succeed() {
      lastSuccess = performance.now();
      failing.clear();
    },
    fail(key, { kind }) {
      if (RETRIES[kind].transport === true) failing.add(key);
    },
    assertUp(failure, call) {
      const { kind, message } = failure;
      if (kind === 'rate-limited') {
        throw new RunEndingError(
          'exhausted',
          `the server turns calls away however long one waits: ${message}`,
          {
            where: host,
            hint: 'run the same command again later: it goes on where it stopped',
          },
        );
      }
      if (RETRIES[kind].transport === true && isDown(failure, call)) {
        throw new RunEndingError('failed', `the server does not answer: ${message}`, {
          where: host,
          hint: 'check that it runs and can be reached; the same command goes on where it stopped',
        });
      }
      rejections += Number(kind === 'rejected' && !call.again);
      if (rejections >= REJECTIONS_THAT_END_A_RUN && lastSuccess === Number.NEGATIVE_INFINITY)
        throw takesNone(message, host);
    },
  };
}
