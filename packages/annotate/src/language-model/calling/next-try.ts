import type { Call } from './retrying-client.ts';
import type { ChatRequest, Usage } from '../api/chat.ts';
import type { CallFailure, FailureKind } from './failures.ts';

/** What a try sends, the key of its reply, and the most that it can take. */
export type NextTry = {
  readonly key: string;
  readonly request: ChatRequest;
  readonly most: Usage;
  /** The factor of the timeout: a reply of twice the length takes twice the time. */
  readonly longer: number;
};

/** Far from the consecutive seeds of passes. */
const SEEDS_PER_TRY = 1000;
/** A reply that does not end within eight times the limit never will. */
const MOST_DOUBLINGS = 3;
/** The most tokens of the note about the last reply. */
const NOTE_TOKENS = 300;

/** What a model is told about its last reply. */
const NOTES: Partial<Record<FailureKind, (message: string) => string>> = {
  'unusable-reply': (message) =>
    `Your last reply could not be read: ${message}. Reply in exactly the form asked for, and with nothing around it.`,
  'cut-off': () => 'Your last reply was cut off at its limit. Be brief, and come to the end.',
  refusal: () =>
    'Your last reply was a refusal. Nothing is to be made here, only to be judged: reply in the form asked for.',
};

/**
 * Returns the try after so many unusable replies. It asks something different, because the same question would get the same reply: with
 * another seed, with twice the limit for each reply that was cut off, and told what was wrong.
 */
export function nextTry(
  call: Call,
  { replies, cutOff, last }: { replies: number; cutOff: number; last: CallFailure | undefined },
): NextTry {
  const key = call.key(replies);
  const { request, most } = call;
  if (last === undefined) return { key, request, most, longer: 1 };
  const { maxOutputTokens, sampling } = request;
  const more = 2 ** Math.min(cutOff, MOST_DOUBLINGS);
  const note = NOTES[last.kind]?.(last.message) ?? `Your last reply was of no use: ${last.message}.`;
  return {
    key,
    request: {
      ...request,
      parts: [...request.parts, { text: `(Try ${replies + 1}.) ${note}` }],
      maxOutputTokens: maxOutputTokens * more,
      sampling:
        sampling.seed === undefined
          ? sampling
          : { ...sampling, seed: sampling.seed + SEEDS_PER_TRY * replies },
    },
    most: { ...most, input: most.input + NOTE_TOKENS, output: most.output * more },
    longer: more,
  };
}
