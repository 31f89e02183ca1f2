import { lookup, type LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { RewardEditError } from '@rewardedit/core';
import { isPublicAddress } from './public-address.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MILLISECONDS = 30_000;
const MAX_REDIRECTS = 5;

/** A host that files may be fetched from. */
type AllowedHost = { readonly protocol: 'https:' | 'http:'; readonly host: string };

export type RemoteOptions = {
  /** Limit on the size of a picture in bytes; 64 MB by default. */
  readonly maxBytes?: number;
  /** Timeout per picture in milliseconds; 30 s by default. */
  readonly timeout?: number;
};

/**
 * Returns a function that fetches pictures from the listed hosts only: `images.example.org`, with a port if it is not the default, and with
 * the prefix `http://` for an unencrypted connection. Redirects must stay on listed hosts. A host name that resolves to a private address is
 * refused, unless the list names an address or `localhost` itself.
 *
 * Throws 'usage' for an invalid host; the function throws 'bad-input'.
 */
export function createFetch(
  hosts: readonly string[],
  { maxBytes = MAX_BYTES, timeout = TIMEOUT_MILLISECONDS }: RemoteOptions = {},
): (url: string) => Promise<Uint8Array> {
  const allowed = hosts.map(parseHost);
  return async (text) => {
    const answer = await request(text, allowed, {
      ...{ timeout, what: 'picture', accepted: 200, headers: { accept: 'image/*' } },
    });
    return readBody(answer, { maxBytes, what: 'picture' });
  };
}

/** A remote file that is read in parts. */
export type RemoteFile = {
  readonly byteLength: number;
  /** Reads the bytes from `start` to before `end`. Throws 'bad-input' if they cannot be fetched. */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
};

export type OpenRemote = (url: string) => Promise<RemoteFile>;

/** Timeout for one part of a file. */
const PART_TIMEOUT_MILLISECONDS = 300_000;

/**
 * Returns a function that opens files on the listed hosts, under the rules of `createFetch`. Parts are fetched by range requests; a server
 * that sends the whole file instead is refused.
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
    if (size === undefined) throw failed(url, 'file', 'the server does not report its length');
    const byteLength = Number(size);
    return {
      byteLength,
      async slice(start, end = byteLength) {
        if (start < 0 || end > byteLength || end < start)
          throw new RangeError(`bytes ${start} to ${end} of ${byteLength}`);
        if (end === start) return new ArrayBuffer(0);
        const answer = await part(text, `${start}-${end - 1}`);
        const bytes = await readBody(answer, { maxBytes: end - start, what: 'file' });
        if (bytes.length !== end - start)
          throw failed(answer.url, 'file', `the server sent ${bytes.length} of ${end - start} bytes`);
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
      },
    };
  };
}

const TIMED_OUT = 'it timed out';

type Answer = { readonly response: IncomingMessage; readonly url: URL; readonly signal: AbortSignal };

type Wanted = {
  readonly timeout: number;
  /** What is fetched, in messages. */
  readonly what: string;
  readonly accepted: number;
  readonly headers: Readonly<Record<string, string>>;
};

/** Sends a request and follows redirects to allowed hosts. Throws 'bad-input' for any other status than the accepted one. */
async function request(
  text: string,
  allowed: readonly AllowedHost[],
  { timeout, what, accepted, headers: sent }: Wanted,
): Promise<Answer> {
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
    if (statusCode === accepted) return { response, url, signal };
    response.destroy();
    throw failed(
      url,
      what,
      statusCode === 200 ? 'the server does not support range requests' : `the server answered ${statusCode}`,
    );
  }
  throw failed(url, what, `there were more than ${MAX_REDIRECTS} redirects`);
}

function parseHost(text: string): AllowedHost {
  const protocol = /^http:\/\//i.test(text) ? 'http:' : 'https:';
  const rest = text.replace(/^https?:\/\//i, '').replace(/\/$/, '');
  const url = URL.parse(`${protocol}//${rest}`);
  if (url === null || url.host === '' || /[/?#@\\*]/.test(rest)) {
    throw new RewardEditError('usage', `"${text}" is not a valid host`, {
      where: '--allow-host',
      hint: 'write the exact name, such as images.example.org or http://localhost:8080',
    });
  }
  return { protocol, host: url.host };
}

function toUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null) throw new RewardEditError('bad-input', `${JSON.stringify(text)} is not a valid URL`);
  return url;
}

function assertAllowed(url: URL, allowed: readonly AllowedHost[], what: string): void {
  if (allowed.some(({ protocol, host }) => protocol === url.protocol && host === url.host)) return;
  const isPlain = url.protocol === 'http:' && allowed.some(({ host }) => host === url.host);
  throw new RewardEditError('bad-input', `${what}s of ${url.protocol}//${url.host} are not fetched`, {
    where: withoutSecrets(url),
    hint: isPlain
      ? `to allow it without encryption: --allow-host http://${url.host}`
      : `download them first, or allow the host: --allow-host ${url.protocol === 'http:' ? 'http://' : ''}${url.host}`,
  });
}

function open(
  url: URL,
  signal: AbortSignal,
  { what, headers }: Pick<Wanted, 'what' | 'headers'>,
): Promise<IncomingMessage> {
  const host = url.hostname.replaceAll(/[[\]]/g, '');
  // The user named this address or machine explicitly.
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
        reject(isOurs(error) ? error : failed(url, what, signal.aborted ? TIMED_OUT : error.message, error)),
      )
      .end();
  });
}

/** Resolves a name for the connection itself, so that no second lookup can return another address than the one that was checked. */
const publicLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '', 0);
    const inside = addresses.find(({ address }) => !isPublicAddress(address));
    const [first] = addresses;
    if (inside !== undefined || first === undefined) {
      const message = `the host ${host} resolves to ${inside?.address ?? 'no address'}, which is not on the public internet`;
      return callback(new RewardEditError('bad-input', message), '', 0);
    }
    return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};

async function readBody(
  { response, url, signal }: Answer,
  { maxBytes, what }: { readonly maxBytes: number; readonly what: string },
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw failed(url, what, `it is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    const message = signal.aborted ? TIMED_OUT : 'the connection was closed';
    throw isOurs(error) ? error : failed(url, what, message, error);
  }
  return Buffer.concat(chunks);
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

/** Credentials and signatures in a URL do not belong in a log. */
function withoutSecrets(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
