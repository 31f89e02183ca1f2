import type { Asked, Call } from './retrying-client.ts';
import type { ChatReply, Usage } from '../api/chat.ts';
import { RETRIES, type CallFailure, type FailureKind } from './failures.ts';
import { nextTry, type NextTry } from './next-try.ts';
import { readReply, saidIn } from './read-reply.ts';
import { shortened } from '../api/shortened.ts';

/** Tracks the tries of a call: counts failures by kind until a reply is usable or the call is given up. */
export type Tries = {
  /** What the next try sends. */
  next(): NextTry;
  /** Whether a try has failed so far. */
  readonly failed: boolean;
  /** Takes the outcome of a try. One that does not count leaves as many tries as before. */
  take(outcome: ChatReply | CallFailure, counts: boolean): Tried;
};

export type Tried =
  /** The call has its reply. */
  | { readonly asked: Asked; readonly failure?: undefined }
  /** The call is over without a reply, or, if `asked` is absent, will be tried again. */
  | {
      readonly asked?: Asked;
      readonly failure: CallFailure;
      /** How often it failed in this way, counted or not. */
      readonly times: number;
      /** The result if the call is given up now. */
      readonly givenUp: Asked;
    };

/** Characters of an unusable reply that are kept with the triplet; the store has all of it. */
const LONGEST_KEPT = 5000;

/** @param most the number of failures of a kind that end the call. */
export function trackTries(
  call: Call,
  most: (kind: FailureKind) => number = (kind) => RETRIES[kind].most,
): Tries {
  const failures = new Map<FailureKind, { readonly times: number; readonly counted: number }>();
  const unusable: string[] = [];
  const usages: (Usage | undefined)[] = [];
  let [replies, cutOff] = [0, 0];
  /** What was wrong with the last reply. */
  let last: CallFailure | undefined;
  return {
    next: () => nextTry(call, { replies, cutOff, last }),
    get failed() {
      return failures.size > 0;
    },
    take(outcome, counts) {
      let failure: CallFailure;
      if ('text' in outcome) {
        usages.push(outcome.usage);
        const reading = readReply(call, outcome);
        if (!('kind' in reading)) return { asked: { reply: outcome, reading, usages } };
        failure = reading;
        unusable.push(shortened(saidIn(outcome), LONGEST_KEPT));
      } else {
        failure = outcome;
        if (failure.raw !== undefined) unusable.push(shortened(failure.raw, LONGEST_KEPT));
      }

      const { kind, message } = failure;
      // A server may report a reply that was cut off instead of returning it.
      if ('text' in outcome || kind === 'cut-off') {
        replies += 1;
        cutOff += Number(kind === 'cut-off');
        last = failure;
      }
      const before = failures.get(kind) ?? { times: 0, counted: 0 };
      const [times, counted] = [before.times + 1, before.counted + Number(counts)];
      failures.set(kind, { times, counted });
      const shown = counted === 0 ? times : counted;
      const often = shown === 1 ? '' : ` (${shown} times)`;
      const missing = `${kind.replace('-', ' ')}: ${message}${often}`;
      const givenUp = { missing, replies: [...unusable], usages };
      return { failure, times, givenUp, ...(counted >= most(kind) && { asked: givenUp }) };
    },
  };
}
