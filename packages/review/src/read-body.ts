import type { IncomingMessage } from 'node:http';
import { RewardEditError } from '@rewardedit/core';

/** Larger bodies are rejected unread: a change with the longest texts takes less. */
export const LARGEST_BODY_BYTES = 256 * 1024;

/** Reads the JSON body of a request. Throws 'bad-input' if it is not JSON, too large, or has no length. */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const { 'content-type': type = '', 'content-length': length } = request.headers;
  if (!/^application\/json(?:;|$)/.test(type))
    throw new RewardEditError('bad-input', 'the body must be JSON');
  if (length === undefined || Number(length) > LARGEST_BODY_BYTES)
    throw new RewardEditError(
      'bad-input',
      `the body must have a length of at most ${LARGEST_BODY_BYTES} bytes`,
    );
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the body is not valid JSON', { cause });
  }
}
