import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Problem } from './protocol.ts';

/** The status and reason for rejecting a request. */
export type Refusal = { readonly status: number; readonly problem: Problem };

/** Loopback names, at any port, since a tunnel may change it. */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;

const WRONG_HOST: Refusal = {
  status: 421,
  problem: { message: 'this server answers to loopback names only' },
};
const WRONG_TOKEN: Refusal = {
  status: 403,
  problem: {
    message: 'this is not the address of the running review',
    hint: 'open the address that `rewardedit review` printed last',
  },
};
const WRONG_ORIGIN: Refusal = {
  status: 403,
  problem: { message: 'requests from other pages are rejected' },
};

/**
 * Rejects what our own page never sends:
 *
 * - a request under another host's name, from a page elsewhere whose name was made to resolve to this machine (DNS rebinding);
 * - a request without the token in its path, from another page, program or user;
 * - a request from a page elsewhere, by the origin that browsers send; a change must have an origin.
 */
export function refusalOf(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  hasToken: boolean,
): Refusal | undefined {
  const { host = '', origin } = headers;
  if (!LOOPBACK_HOST.test(host)) return WRONG_HOST;
  if (!hasToken) return WRONG_TOKEN;
  const isOwn = origin === undefined ? method === 'GET' : origin === `http://${host}`;
  return isOwn ? undefined : WRONG_ORIGIN;
}

/** Compares two texts in constant time. */
export function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
