import type { IncomingMessage } from 'node:http';
import { RewardEditError } from '@rewardedit/core';

/** Larger bodies are refused unread: all texts of a change at their longest take less. */
export const LARGEST_BODY_BYTES = 256 * 1024;

/** Reads the JSON body of a request. Throws 'bad-input' where it is none, too large, or does not say how large it is. */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const { 'content-type': type = '', 'content-length': length } = request.headers;
  if (!/^application\/json(?:;|$)/.test(type))
    throw new RewardEditError('bad-input', 'the body has to be JSON');
  if (length === undefined || Number(length) > LARGEST_BODY_BYTES)
    throw new RewardEditError(
      'bad-input',
      `the body has to say its length, of ${LARGEST_BODY_BYTES} bytes at most`,
    );
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the body is not JSON', { cause });
  }
}
