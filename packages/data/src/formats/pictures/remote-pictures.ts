import { lookup, type LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { RewardEditError } from '@rewardedit/core';
import { isPublicAddress } from './public-address.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MILLISECONDS = 30_000;
const MAX_REDIRECTS = 5;

/** A host that pictures may be fetched from. */
type AllowedHost = { readonly protocol: 'https:' | 'http:'; readonly host: string };

export type RemoteOptions = {
  /** The most bytes of one picture; 64 MB by default. */
  readonly maxBytes?: number;
  /** Milliseconds that one picture may take; 30 s by default. */
  readonly timeout?: number;
};

/**
 * Gives a function that fetches pictures from the hosts listed, and from no other: `images.example.org`, with a port if it
 * is not the usual one, and with `http://` in front where the connection is not to be encrypted. Redirects are held to the same
 * list. A host whose name leads to a private address is refused, unless the list names an address or `localhost` itself.
 *
 * Throws 'usage' for a host that is none; the function throws 'bad-input'.
 */
export function createFetch(
  hosts: readonly string[],
  { maxBytes = MAX_BYTES, timeout = TIMEOUT_MILLISECONDS }: RemoteOptions = {},
): (url: string) => Promise<Uint8Array> {
  const allowed = hosts.map(parseHost);
  return async (text) => {
    const { response, url } = await request(text, allowed, {
      ...{ timeout, what: 'picture', accepted: 200, headers: { accept: 'image/*' } },
    });
    return readBody(response, { url, maxBytes, what: 'picture' });
  };
}

/** A file of which parts are asked for. */
export type RemoteFile = {
  readonly byteLength: number;
  /** The bytes from `start` to before `end`. Throws 'bad-input' where they cannot be had. */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
};

export type OpenRemote = (url: string) => Promise<RemoteFile>;

/** A part of a file may take so long. */
const PART_TIMEOUT_MILLISECONDS = 300_000;

/**
 * Gives a function that opens files on the hosts listed, under the rules of `createFetch`. Parts are asked for by their range; a server that sends
 * the whole file instead is refused.
 */
export function createRemoteFiles(
  hosts: readonly string[],
  { timeout = PART_TIMEOUT_MILLISECONDS }: Pick<RemoteOptions, 'timeout'> = {},
): OpenRemote {
  const allowed = hosts.map(parseHost);
  const part = async (text: string, range: string) =>
    request(text, allowed, {
      ...{ timeout, what: 'file', accepted: 206, headers: { range: `bytes=${range}` } },
    });
  return async (text) => {
    const { response, url } = await part(text, '0-0');
    const [, size] = /\/(\d+)$/.exec(response.headers['content-range'] ?? '') ?? [];
    response.destroy();
    if (size === undefined) throw failed(url, 'file', 'the server does not say how long it is');
    const byteLength = Number(size);
    return {
      byteLength,
      async slice(start, end = byteLength) {
        if (start < 0 || end > byteLength || end < start)
          throw new RangeError(`bytes ${start} to ${end} of ${byteLength}`);
        if (end === start) return new ArrayBuffer(0);
        const answer = await part(text, `${start}-${end - 1}`);
        const bytes = await readBody(answer.response, {
          url: answer.url,
          maxBytes: end - start,
          what: 'file',
        });
        if (bytes.length !== end - start)
          throw failed(answer.url, 'file', `the server sent ${bytes.length} of ${end - start} bytes`);
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
      },
    };
  };
}

type Wanted = {
  readonly timeout: number;
  /** What is fetched, for messages. */
  readonly what: string;
  readonly accepted: number;
  readonly headers: Readonly<Record<string, string>>;
};

/** The answer to a request, after redirects that lead to allowed hosts. Throws 'bad-input' for any other answer than the one that is accepted. */
async function request(
  text: string,
  allowed: readonly AllowedHost[],
  { timeout, what, accepted, headers: sent }: Wanted,
): Promise<{ response: IncomingMessage; url: URL }> {
  const signal = AbortSignal.timeout(timeout);
  let url = toUrl(text);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    assertAllowed(url, allowed, what);
    const response = await open(url, signal, { what, headers: sent });
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.destroy();
      url = toUrl(headers.location, url);
      continue;
    }
    if (statusCode === accepted) return { response, url };
    response.destroy();
    throw failed(
      url,
      what,
      statusCode === 200 ? 'the server gives no parts of files' : `the server answered ${statusCode}`,
    );
  }
  throw failed(url, what, `there were more than ${MAX_REDIRECTS} redirects`);
}

function parseHost(text: string): AllowedHost {
  const protocol = /^http:\/\//i.test(text) ? 'http:' : 'https:';
  const rest = text.replace(/^https?:\/\//i, '').replace(/\/$/, '');
  const url = URL.parse(`${protocol}//${rest}`);
  if (url === null || url.host === '' || /[/?#@\\*]/.test(rest)) {
    throw new RewardEditError('usage', `"${text}" is no host`, {
      where: '--allow-host',
      hint: 'write the exact name, such as images.example.org or http://localhost:8080',
    });
  }
  return { protocol, host: url.host };
}

function toUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null) throw new RewardEditError('bad-input', `${JSON.stringify(text)} is no URL`);
  return url;
}

function assertAllowed(url: URL, allowed: readonly AllowedHost[], what: string): void {
  if (allowed.some(({ protocol, host }) => protocol === url.protocol && host === url.host)) return;
  const isPlain = url.protocol === 'http:' && allowed.some(({ host }) => host === url.host);
  throw new RewardEditError('bad-input', `${what}s of ${url.protocol}//${url.host} are not fetched`, {
    where: withoutSecrets(url),
    hint: isPlain
      ? `without encryption only if asked to: --allow-host http://${url.host}`
      : `fetch them first, or allow it: --allow-host ${url.protocol === 'http:' ? 'http://' : ''}${url.host}`,
  });
}

function open(
  url: URL,
  signal: AbortSignal,
  { what, headers }: Pick<Wanted, 'what' | 'headers'>,
): Promise<IncomingMessage> {
  const host = url.hostname.replaceAll(/[[\]]/g, '');
  // The user named this very machine or address, which is then meant.
  const isNamed = isIP(host) !== 0 || host === 'localhost';
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const options = {
    signal,
    agent: false,
    headers,
    lookup: isNamed ? lookup : publicLookup,
  };
  return new Promise((resolve, reject) => {
    send(url, options as RequestOptions)
      .once('response', resolve)
      .once('error', (error) =>
        reject(isOurs(error) ? error : failed(url, what, reason(error, signal), error)),
      )
      .end();
  });
}

/** Looks a name up for the connection itself, so that no second look-up can give another address than the one that was checked. */
const publicLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '', 0);
    const inside = addresses.find(({ address }) => !isPublicAddress(address));
    const [first] = addresses;
    if (inside !== undefined || first === undefined) {
      const message = `the host ${host} leads to ${inside?.address ?? 'no address'}, which is not on the public internet`;
      return callback(new RewardEditError('bad-input', message), '', 0);
    }
    return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};

async function readBody(
  response: IncomingMessage,
  { url, maxBytes, what }: { readonly url: URL; readonly maxBytes: number; readonly what: string },
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw failed(url, what, `it has more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw isOurs(error) ? error : failed(url, what, 'the connection broke off', error);
  }
  return Buffer.concat(chunks);
}

function reason(error: Error, signal: AbortSignal): string {
  return signal.aborted ? 'it took too long' : error.message;
}

function isOurs(error: unknown): error is RewardEditError {
  return error instanceof RewardEditError;
}

function failed(url: URL, what: string, message: string, cause?: unknown): RewardEditError {
  return new RewardEditError('bad-input', `the ${what} cannot be fetched: ${message}`, {
    where: withoutSecrets(url),
    cause,
  });
}

/** Names and signatures in an address are nobody's business in a log. */
function withoutSecrets(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
