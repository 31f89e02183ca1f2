import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Problem } from './protocol.ts';

/** Why a request is not answered. */
export type Refusal = { readonly status: number; readonly problem: Problem };

/** Names of this machine for itself, at any port, since a tunnel may change it. */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;

const WRONG_HOST: Refusal = {
  status: 421,
  problem: { message: 'this server answers under the names of this machine only' },
};
const WRONG_TOKEN: Refusal = {
  status: 403,
  problem: {
    message: 'this is not the address of the review that is running',
    hint: 'open the address that `rewardedit review` printed last',
  },
};
const WRONG_ORIGIN: Refusal = {
  status: 403,
  problem: { message: 'requests from other pages are not answered' },
};

/**
 * Refuses what our own page never sends:
 *
 * - a request under another host's name, as a page from elsewhere sends it that had its name pointed to this machine;
 * - one without the token in its path, so from another page, program or user;
 * - one that a page from elsewhere sent, as browsers tell in its origin; a change has to name one.
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

/** Whether two texts are equal, found out in the same time wherever they differ. */
export function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
