import type { Reading } from '../protocols/protocol.ts';
import type { Asked, Call } from './asker.ts';
import type { ChatReply } from './chat.ts';
import { RETRIES, type CallFailure, type FailureKind } from './failures.ts';
import { shortened } from './shortened.ts';

/** A call while it is tried: counts what goes wrong, kind by kind, until a reply can be used or nothing is left to hope for. */
export type Tries = {
  /** The key under which the reply to the next try is kept. */
  key(): string;
  /** Whether a failure has counted so far. */
  readonly failed: boolean;
  /** How often it failed in this way so far. */
  times(kind: FailureKind): number;
  /** Takes what a try brought. One that does not count leaves as many tries as there were. */
  take(outcome: ChatReply | CallFailure, counts: boolean): Tried;
};

export type Tried =
  /** The call has its reply. */
  | { readonly asked: Asked; readonly failure?: undefined }
  /** It is over without one, or to be tried again where `asked` is absent. */
  | {
      readonly asked?: Asked;
      readonly failure: CallFailure;
      /** How often it failed in this way, and since when, in milliseconds of `performance.now`. */
      readonly times: number;
      readonly since: number;
    };

/** Characters of a reply that is of no use that are kept with the triplet; all of it is in the store. */
const LONGEST_KEPT = 5000;

/** @param most failures of a kind end the call. */
export function trackTries(
  call: Call,
  most: (kind: FailureKind) => number = (kind) => RETRIES[kind].most,
): Tries {
  const failures = new Map<FailureKind, { readonly times: number; readonly since: number }>();
  const unusable: string[] = [];
  let attempt = 0;
  return {
    key: () => call.key(attempt),
    get failed() {
      return failures.size > 0;
    },
    times: (kind) => failures.get(kind)?.times ?? 0,
    take(outcome, counts) {
      let failure: CallFailure;
      if ('text' in outcome) {
        attempt += 1;
        const reading = readReply(call, outcome);
        if (!('kind' in reading)) return { asked: { reply: outcome, reading } };
        unusable.push(shortened(outcome.text, LONGEST_KEPT));
        failure = reading;
      } else {
        failure = outcome;
        if (failure.raw !== undefined) unusable.push(shortened(failure.raw, LONGEST_KEPT));
      }

      const { kind, message } = failure;
      const { times: before, since } = failures.get(kind) ?? { times: 0, since: performance.now() };
      const times = before + Number(counts);
      if (counts) failures.set(kind, { times, since });
      if (times < most(kind)) return { failure, times, since };
      const often = times === 1 ? '' : ` (${times} times)`;
      const missing = `${kind.replace('-', ' ')}: ${message}${often}`;
      return { asked: { missing, replies: unusable }, failure, times, since };
    },
  };
}

/** Why a reply ended early, where it did. */
const FINISHES: Partial<Record<ChatReply['finish'], CallFailure>> = {
  'cut-off': { kind: 'cut-off', message: 'the reply is longer than allowed' },
  refusal: { kind: 'refusal', message: 'the model refused' },
  'content-filter': { kind: 'content-filter', message: "the server's filter withheld the reply" },
};

/** No protocol asks for a reply of so many characters; a longer one would fill the journal. */
const LONGEST_REPLY = 100_000;

function readReply(call: Call, reply: ChatReply): Exclude<Reading, { invalid: string }> | CallFailure {
  const early = FINISHES[reply.finish];
  if (early !== undefined) return early;
  const reading =
    reply.text.length > LONGEST_REPLY
      ? { invalid: 'the reply is far longer than was asked for' }
      : call.read(reply);
  return 'invalid' in reading ? { kind: 'unusable-reply', message: shortened(reading.invalid) } : reading;
}
