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
    const signal = AbortSignal.timeout(timeout);
    let url = toUrl(text);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      assertAllowed(url, allowed);
      const response = await open(url, signal);
      const { statusCode = 0, headers } = response;
      if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
        response.destroy();
        url = toUrl(headers.location, url);
        continue;
      }
      if (statusCode === 200) return readBody(response, url, maxBytes);
      response.destroy();
      throw failed(url, `the server answered ${statusCode}`);
    }
    throw failed(url, `there were more than ${MAX_REDIRECTS} redirects`);
  };
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

function assertAllowed(url: URL, allowed: readonly AllowedHost[]): void {
  if (allowed.some(({ protocol, host }) => protocol === url.protocol && host === url.host)) return;
  const isPlain = url.protocol === 'http:' && allowed.some(({ host }) => host === url.host);
  throw new RewardEditError('bad-input', `pictures of ${url.protocol}//${url.host} are not fetched`, {
    where: withoutSecrets(url),
    hint: isPlain
      ? `without encryption only if asked to: --allow-host http://${url.host}`
      : `fetch them first, or allow it: --allow-host ${url.protocol === 'http:' ? 'http://' : ''}${url.host}`,
  });
}

function open(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const host = url.hostname.replaceAll(/[[\]]/g, '');
  // The user named this very machine or address, which is then meant.
  const isNamed = isIP(host) !== 0 || host === 'localhost';
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const options = {
    signal,
    agent: false,
    headers: { accept: 'image/*' },
    lookup: isNamed ? lookup : publicLookup,
  };
  return new Promise((resolve, reject) => {
    request(url, options as RequestOptions)
      .once('response', resolve)
      .once('error', (error) => reject(isOurs(error) ? error : failed(url, reason(error, signal), error)))
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

async function readBody(response: IncomingMessage, url: URL, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw failed(url, `the picture has more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw isOurs(error) ? error : failed(url, 'the connection broke off', error);
  }
  return Buffer.concat(chunks);
}

function reason(error: Error, signal: AbortSignal): string {
  return signal.aborted ? 'it took too long' : error.message;
}

function isOurs(error: unknown): error is RewardEditError {
  return error instanceof RewardEditError;
}

function failed(url: URL, message: string, cause?: unknown): RewardEditError {
  return new RewardEditError('bad-input', `the picture cannot be fetched: ${message}`, {
    where: withoutSecrets(url),
    cause,
  });
}

/** Names and signatures in an address are nobody's business in a log. */
function withoutSecrets(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
