import type { Read, Reading } from '../../protocols/protocol.ts';
import type { Call } from './retrying-client.ts';
import type { ChatReply } from '../api/chat.ts';
import type { CallFailure } from './failures.ts';
import { shortened } from '../api/shortened.ts';

/** Why a reply ended early. */
const FINISHES: Partial<Record<ChatReply['finish'], CallFailure>> = {
  'cut-off': { kind: 'cut-off', message: 'the reply is longer than allowed' },
  refusal: { kind: 'refusal', message: 'the model refused' },
  'content-filter': { kind: 'content-filter', message: "the server's filter withheld the reply" },
};

/** No protocol asks for so many characters; a longer reply would fill the journal. */
const LONGEST_REPLY = 100_000;

/** Reads a reply as its question says, or says why it is unusable. */
export function readReply(call: Pick<Call, 'read'>, reply: ChatReply): Read | CallFailure {
  const early = FINISHES[reply.finish];
  if (early !== undefined) return early;
  if (reply.text.length > LONGEST_REPLY) return unusable('the reply is far longer than was asked for');
  if (reply.text.trim() !== '') {
    const reading = call.read(reply);
    return 'invalid' in reading ? unusable(reading.invalid) : reading;
  }
  // Some servers take everything that a model writes for reasoning.
  const { reasoning = '' } = reply;
  if (reasoning === '') return unusable('the reply holds no text');
  const reading: Reading =
    reasoning.length > LONGEST_REPLY
      ? { invalid: 'they are far longer than what was asked for' }
      : call.read({ ...reply, text: reasoning });
  return 'invalid' in reading
    ? unusable(`the reply holds thoughts only, and of these: ${reading.invalid}`)
    : reading;
}

/** The text of a reply, whichever field contains it. */
export function saidIn({ text, reasoning, raw }: ChatReply): string {
  return text === '' ? (reasoning ?? raw ?? '') : text;
}

function unusable(message: string): CallFailure {
  return { kind: 'unusable-reply', message: shortened(message) };
}
