import { expect, it } from 'vitest';
import { chatCompletions } from './chat-completions.ts';
import type { ChatRequest } from './chat.ts';
import type { EncodedPicture } from './encoded-picture.ts';
import { encodeBody } from './request-body.ts';
import { responses } from './responses.ts';

const picture = (size: number): EncodedPicture => ({
  mediaType: 'image/png',
  bytes: Uint8Array.from({ length: size }, (_, at) => (at * 37) % 256),
  ...{ width: 1, height: 1, sha256: '' },
});
const request = (...parts: ChatRequest['parts']): ChatRequest => ({
  system: 'Judge "this" \\ \u2028 😀.',
  ...{ parts, maxOutputTokens: 7, sampling: {} },
});

it.each([
  ['Chat Completions', chatCompletions('max_tokens')],
  ['Responses', responses],
])('equals the JSON of %s byte for byte, wherever pictures are in it', (_, api) => {
  const text = { text: 'größer\n$& $1' };
  for (const asked of [
    request(text),
    request({ picture: picture(10) }, text, { picture: picture(100_000) }, text),
    request({ picture: picture(1) }, { picture: picture(2) }, { picture: picture(0) }),
  ]) {
    const expected = JSON.stringify(api.body(asked, 'm'));
    expect(encodeBody(api, asked, 'm').toString('utf8')).toBe(expected);
  }
});
