import type { Asked, Call } from './asker.ts';
import type { ChatReply } from './chat.ts';
import { RETRIES, type CallFailure, type FailureKind } from './failures.ts';

/** A call while it is tried: counts what goes wrong, kind by kind, until a reply can be used or nothing is left to hope for. */
export type Tries = {
  /** The key under which the reply to the next try is kept. */
  key(): string;
  /** Whether a failure has counted so far. */
  readonly failed: boolean;
  /** Takes what a try brought. One that does not count leaves as many tries as there were. */
  take(outcome: ChatReply | CallFailure, counts: boolean): Tried;
};

export type Tried =
  /** The call is over; with the failure that ended it where it has no reply. */
  | { readonly asked: Asked; readonly failure?: CallFailure }
  /** It is to be tried again, after so many failures of this kind. */
  | { readonly asked?: undefined; readonly failure: CallFailure; readonly times: number };

/** @param most failures of a kind end the call. */
export function trackTries(
  call: Call,
  most: (kind: FailureKind) => number = (kind) => RETRIES[kind].most,
): Tries {
  const failures = new Map<FailureKind, number>();
  const unusable: string[] = [];
  let attempt = 0;
  return {
    key: () => call.key(attempt),
    get failed() {
      return failures.size > 0;
    },
    take(outcome, counts) {
      let failure: CallFailure;
      if ('text' in outcome) {
        attempt += 1;
        const reading = readReply(call, outcome);
        if (!('kind' in reading)) return { asked: { reply: outcome, reading } };
        unusable.push(outcome.text);
        failure = reading;
      } else failure = outcome;

      const { kind, message } = failure;
      const times = (failures.get(kind) ?? 0) + Number(counts);
      if (counts) failures.set(kind, times);
      if (times < most(kind)) return { failure, times };
      const often = times === 1 ? '' : ` (${times} times)`;
      return {
        asked: { missing: `${kind.replace('-', ' ')}: ${message}${often}`, replies: unusable },
        failure,
      };
    },
  };
}

/** Why a reply ended early, where it did. */
const FINISHES: Partial<Record<ChatReply['finish'], CallFailure>> = {
  'cut-off': { kind: 'cut-off', message: 'the reply is longer than allowed' },
  refusal: { kind: 'refusal', message: 'the model refused' },
  'content-filter': { kind: 'content-filter', message: "the server's filter withheld the reply" },
};

function readReply(
  call: Call,
  reply: ChatReply,
): Exclude<ReturnType<Call['read']>, { invalid: string }> | CallFailure {
  const early = FINISHES[reply.finish];
  if (early !== undefined) return early;
  const reading = call.read(reply);
  return 'invalid' in reading ? { kind: 'unusable-reply', message: reading.invalid } : reading;
}
