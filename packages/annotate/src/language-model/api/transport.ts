import type { Readable } from 'node:stream';
import { RewardEditError } from '@rewardedit/core';
import {
  Agent,
  EnvHttpProxyAgent,
  FormData as Form,
  fetch as fetchStream,
  request,
  type Dispatcher,
} from 'undici';
import { isLoopback } from '../access/origin.ts';
import { LONGEST_RESPONSE, TOO_LONG, decoded } from './response-body.ts';

/** Statuses whose responses must not have a body (Fetch standard, "null body status"). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Reaches the one server that a key is for. Follows no redirect. */
export type Transport = {
  /** Sends a request with exactly these headers. */
  readonly send: (url: string, request: HttpRequest) => Promise<HttpResponse>;
  /** For bodies that fit into memory. */
  readonly fetch: typeof fetch;
  /** For files, which are streamed. */
  readonly fetchFile: typeof fetch;
};

export type HttpRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  readonly signal: AbortSignal | null;
};

export type HttpResponse = {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer<ArrayBuffer>;
};

export type TransportOptions = {
  /** Requests to any other origin are refused. */
  readonly origin: string;
  /** Replaces the client's headers, which the client also reads from variables meant for OpenAI alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The most connections at once; each is an open file of this process. */
  readonly connections: number;
  /** Is removed from whatever the server sends: some servers repeat the key in error messages. */
  readonly secret: string;
};

/** Connects to a server over persistent connections, through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name for it. */
export function createTransport({ origin, headers: own, connections, secret }: TransportOptions): Transport {
  const dispatcher = createDispatcher(origin, { ...DISPATCHER_OPTIONS, connections });
  const assertOrigin = (input: string | URL | Request): string => {
    const url = input instanceof Request ? input.url : String(input);
    if (new URL(url).origin === origin) return url;
    throw new Error(`the client of ${origin} asks another server`);
  };
  const send = async (url: string, options: HttpRequest): Promise<HttpResponse> => {
    const { statusCode, headers, body } = await request(assertOrigin(url), {
      dispatcher,
      ...options,
      // Repeated, because not all options of the dispatcher apply to requests through a proxy.
      ...NO_TIME_LIMITS,
    });
    const bytes = withoutSecret(
      decoded(await readAll(body), headerText(headers['content-encoding'])),
      secret,
    );
    return { status: statusCode, headers: new Headers(headerPairs(headers)), bytes };
  };
  const toRequest = ({ method = 'GET', headers, body, signal = null }: RequestInit): HttpRequest => {
    const given = Object.fromEntries(new Headers(headers));
    const sent = own === undefined ? given : { ...own, ...contentType(body, given) };
    return { method, headers: sent, body: (body ?? null) as HttpRequest['body'], signal };
  };
  const toResponse = (status: number, headers: Headers, body: unknown) =>
    new Response(WITHOUT_BODY.has(status) ? null : (body as string), { status, headers });
  return {
    send,
    async fetch(input, init = {}) {
      const { status, headers, bytes } = await send(assertOrigin(input), toRequest(init));
      return toResponse(status, headers, bytes);
    },
    async fetchFile(input, init = {}) {
      const form = init.body instanceof FormData && { body: toForm(init.body) };
      const options = { ...toRequest(init), ...form, dispatcher, redirect: 'manual' } as const;
      const response = await fetchStream(assertOrigin(input), options);
      const { ok, status, headers } = response;
      const body = ok ? response.body : blotOut(await response.text(), secret);
      return toResponse(status, new Headers([...headers]), body);
    },
  };
}

/** Timeouts and the number of calls at once are enforced by the retrying client and the rate limiter. */
const NO_TIME_LIMITS = { headersTimeout: 0, bodyTimeout: 0 };
const DISPATCHER_OPTIONS = { ...NO_TIME_LIMITS, connect: { timeout: 30_000 } };

function createDispatcher(origin: string, options: Agent.Options): Dispatcher {
  // As other programs do, reach this machine directly.
  if (isLoopback(origin)) return new Agent(options);
  try {
    // Encrypted requests go through a tunnel; a proxy need not allow tunnels for others.
    return new EnvHttpProxyAgent({ ...options, proxyTunnel: false });
  } catch (cause) {
    // The address may contain a password, so it is not shown.
    throw new RewardEditError('usage', 'the address of the proxy cannot be used', {
      where: 'HTTP_PROXY, HTTPS_PROXY',
      hint: 'it looks like http://proxy.example:3128; NO_PROXY names servers that are reached without it',
      cause,
    });
  }
}

/** The content type of a form is known only once it is encoded. */
function contentType(
  body: RequestInit['body'],
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  if (typeof body === 'string') return { 'content-type': 'application/json' };
  const boundary = /^multipart\/form-data; *boundary=[\w'()+,./:=?-]+$/.exec(given['content-type'] ?? '');
  return boundary === null || body instanceof FormData ? {} : { 'content-type': boundary[0] };
}

/** Copies a form into the class that undici's `fetch` accepts. */
function toForm(form: FormData): Form {
  const own = new Form();
  for (const [name, value] of form) own.append(name, value);
  return own;
}

/** Reads a body to its end. Uses events, because async iteration takes several times as long for the few chunks of a body. */
async function readAll(body: Readable): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      // This closes the connection.
      if (size > LONGEST_RESPONSE) body.destroy(new Error(TOO_LONG));
    });
    body.once('end', resolve);
    body.once('error', reject);
    body.once('close', () => reject(new Error('the response breaks off')));
  });
  return Buffer.concat(chunks);
}

function headerPairs(headers: Readonly<Record<string, string | string[] | undefined>>): [string, string][] {
  return Object.entries(headers).map(([name, value]) => [name, headerText(value) ?? '']);
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

/** A shorter key may occur by chance. */
const SHORTEST_SECRET = 8;

function withoutSecret(body: Buffer<ArrayBuffer>, secret: string): Buffer<ArrayBuffer> {
  if (secret.length < SHORTEST_SECRET || !body.includes(secret)) return body;
  return Buffer.from(blotOut(body.toString('utf8'), secret));
}

/** Removes a key from a text that a server sent. */
export function blotOut(text: string, secret: string): string {
  return secret.length < SHORTEST_SECRET ? text : text.replaceAll(secret, '[key]');
}
