import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** Longer responses are refused, so that a server cannot fill the memory or exceed the longest line of a journal. */
export const LONGEST_RESPONSE = 16 * 1024 * 1024;

export const TOO_LONG = 'the response has more than 16 MB';

type Decode = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer<ArrayBuffer>;

/** Content codings (RFC 9110, section 8.4.1) by their names in the header. */
const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  // Many servers send "deflate" without its two-byte header.
  deflate: (bytes, options) => ((bytes[0] & 0x0f) === 0x08 ? inflateSync : inflateRawSync)(bytes, options),
  br: brotliDecompressSync,
};

/**
 * Decodes a body as its content-encoding header says: some gateways compress without being asked, as they may. Throws if it is damaged or
 * longer than `LONGEST_RESPONSE`.
 */
export function decoded(bytes: Buffer<ArrayBuffer>, coding: string | undefined): Buffer<ArrayBuffer> {
  const names = (coding ?? '').toLowerCase().split(/\s*,\s*/);
  return names.reduceRight((body, name) => decodeOne(body, name.trim()), bytes);
}

function decodeOne(bytes: Buffer<ArrayBuffer>, name: string): Buffer<ArrayBuffer> {
  if (name === '' || name === 'identity' || bytes.length === 0) return bytes;
  const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decode === undefined) throw new Error(`the response has the unknown encoding ${name}`);
  try {
    return decode(bytes, { maxOutputLength: LONGEST_RESPONSE });
  } catch (cause) {
    const isLong = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new Error(isLong ? TOO_LONG : `the response is damaged: it is not valid ${name}`, { cause });
  }
}

/**
 * Parses a body: JSON, or events (`text/event-stream`), which some servers send although no stream was requested; the events are joined
 * into the response that was paid for. Throws SyntaxError if it is neither, or breaks off.
 */
export function parseBody(text: string): unknown {
  return /^\s*(?:data|event|id|retry)?:/.test(text) ? joinEvents(text) : (JSON.parse(text) as unknown);
}

/** Fields of a message that arrive in pieces. */
const PIECES = ['content', 'reasoning_content', 'reasoning', 'refusal'] as const;

type Fields = Readonly<Record<string, unknown>>;

/** Joins the events of a stream, of either API, into a response. */
function joinEvents(text: string): unknown {
  const events = dataIn(text).map((data) => JSON.parse(data) as Fields | null);
  const message: Record<string, string> = {};
  const tokens: unknown[] = [];
  const joined: { model?: unknown; system_fingerprint?: unknown; usage?: unknown } = {};
  let finish: unknown;
  for (const event of events) {
    // The Responses API ends with the whole response; an error is returned as it is.
    if (event?.['response'] !== undefined && /completed|incomplete|failed/.test(String(event['type'])))
      return event['response'];
    if (event?.['error'] !== undefined && event['error'] !== null) return event;
    const choices = event?.['choices'];
    const choice = (Array.isArray(choices) ? choices[0] : undefined) as Fields | undefined;
    if (choice?.['message'] !== undefined) return event;
    const delta = (choice?.['delta'] ?? {}) as Fields;
    for (const name of PIECES)
      if (typeof delta[name] === 'string') message[name] = (message[name] ?? '') + delta[name];
    const logprobs = (choice?.['logprobs'] as Fields | null | undefined)?.['content'];
    if (Array.isArray(logprobs)) tokens.push(...(logprobs as unknown[]));
    finish = choice?.['finish_reason'] ?? finish;
    for (const name of ['model', 'system_fingerprint', 'usage'] as const)
      joined[name] = event?.[name] ?? joined[name];
  }
  if (finish === undefined) throw new SyntaxError('the stream has no end');
  return { ...joined, choices: [{ message, finish_reason: finish, logprobs: { content: tokens } }] };
}

/** The data of each event of a stream (HTML standard, section 9.2.6), without the end mark. */
function dataIn(text: string): string[] {
  return text
    .split(/\r\n\r\n|\n\n|\r\r/)
    .map((event) =>
      event
        .split(/\r\n|\n|\r/)
        .flatMap((line) => (line.startsWith('data:') ? [line.slice('data:'.length).trim()] : []))
        .join('\n'),
    )
    .filter((data) => data !== '' && data !== '[DONE]');
}
