import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { z } from 'zod';
import { pageDocument, type PageDocument } from './page-document.ts';
import type { Problem } from './protocol.ts';
import { isSame, refusalOf } from './request-guard.ts';
import type { Review } from './review.ts';
import { findRoute, NOT_FOUND, type Reply } from './routes.ts';

export type ReviewServer = {
  /** The page's address, with the token that every request must contain. */
  readonly url: string;
  /** A one-time address of the page: other users may read a browser's command line. */
  urlForOnce(): string;
  /** Finishes requests in flight, and accepts no others. */
  close(): Promise<void>;
};

export type ServeOptions = {
  /** By default any free one. */
  readonly port?: number;
  /** Called with unexpected errors; the page only learns that there was one. */
  readonly onError?: (error: unknown) => void;
};

/** The only address to listen on. */
const LOOPBACK = '127.0.0.1';
const TOKEN_BYTES = 24;
/** How long unfinished requests have once the server closes. */
const CLOSING_MILLISECONDS = 1000;

/** Serves the page of a review on the loopback address. Throws 'failed' if the port is not available. */
export async function serveReview(
  review: Review,
  { port = 0, onError = () => undefined }: ServeOptions = {},
): Promise<ReviewServer> {
  const served = { review, page: await pageDocument(), token: newToken(), once: new Set<string>(), onError };
  const server = createServer((request, response) => void respond(request, response, served));
  await listen(server, port);
  const root = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  return {
    url: `${root}/${served.token}/`,
    urlForOnce() {
      const token = newToken();
      served.once.add(token);
      return `${root}/${token}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        setTimeout(() => server.closeAllConnections(), CLOSING_MILLISECONDS).unref();
      }),
  };
}

function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const isTaken = 'code' in error && error.code === 'EADDRINUSE';
      reject(
        isTaken
          ? new RewardEditError('failed', `the port ${port} is in use`, { hint: 'choose another --port' })
          : fromSystemError(error, { doing: 'listen', path: `${LOOPBACK}:${port}` }),
      );
    });
    server.listen(port, LOOPBACK, resolve);
  });
}

type Served = {
  readonly review: Review;
  readonly page: PageDocument;
  readonly token: string;
  /** One-time tokens that redirect to the page. */
  readonly once: Set<string>;
  readonly onError: (error: unknown) => void;
};

async function respond(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  let reply: Reply;
  try {
    reply = await answer(request, served);
  } catch (error) {
    reply = failureReply(error) ?? UNFORESEEN;
    if (reply === UNFORESEEN) served.onError(error);
  }
  send(response, reply);
}

async function answer(request: IncomingMessage, { review, page, token, once }: Served): Promise<Reply> {
  // Only the path and the query matter; the base is for the parser.
  const url = URL.parse(request.url ?? '', 'http://page');
  const [, given = '', ...rest] = url?.pathname.split('/') ?? [];
  const isOnce = once.delete(given);
  const refusal = refusalOf(request, isOnce || isSame(given, token));
  if (refusal !== undefined) return { status: refusal.status, json: refusal.problem };
  if (isOnce) return { location: `/${token}/` };
  const route = findRoute(request.method, rest.join('/'));
  if (route === undefined) return NOT_FOUND;
  return route({ review, page, request, search: url?.searchParams ?? new URLSearchParams() });
}

const UNFORESEEN: Reply = {
  status: 500,
  json: { message: 'an unexpected error occurred', hint: 'see the terminal for details' },
};

/** The status and body for an error meant for people, or for an invalid request. */
function failureReply(error: unknown): Reply | undefined {
  if (error instanceof z.ZodError) return { status: 400, json: { message: z.prettifyError(error) } };
  if (!(error instanceof RewardEditError)) return undefined;
  const { code, message, where, hint } = error;
  const problem: Problem = {
    message,
    ...(where !== undefined && { where }),
    ...(hint !== undefined && { hint }),
  };
  return { status: code === 'bad-input' ? 422 : 500, json: problem };
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};
const NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'";

function send(response: ServerResponse, reply: Reply): void {
  if ('location' in reply) {
    response.writeHead(303, { ...HEADERS, Location: reply.location }).end();
    return;
  }
  const isJson = 'json' in reply;
  const bytes = isJson ? Buffer.from(JSON.stringify(reply.json)) : reply.bytes;
  response.writeHead(isJson ? (reply.status ?? 200) : 200, {
    ...HEADERS,
    'Content-Type': isJson ? 'application/json' : reply.mediaType,
    'Content-Length': bytes.length,
    'Content-Security-Policy': isJson ? NOTHING_ALLOWED : (reply.policy ?? NOTHING_ALLOWED),
  });
  response.end(bytes);
}
