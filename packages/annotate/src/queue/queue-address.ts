import { RewardEditError } from '@rewardedit/core';

/** Server, user, password and encryption, as the client takes them. */
export type Connection = {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
};

/** Where the Redis (or Valkey) server of a work queue is. As text and as JSON it is shown without its password. */
export type QueueAddress = {
  /** Such as `redis://host:6379/0`: what can be shown, and typed again where REDIS_PASSWORD holds the password. */
  readonly shown: string;
  /** A function, so that what shows the address with all that is in it does not show the password. */
  connection(): Connection;
  toJSON(): string;
};

const USUAL_PORT = 6379;
const HINT =
  'it looks like redis://host:6379/0, or rediss://user@host:6380/0 where the connection is encrypted';

/**
 * Reads a `redis://` or `rediss://` (TLS) URL; a password that is not in it comes from REDIS_PASSWORD. Throws 'usage' at
 * anything else, without repeating it, as it may hold a password.
 */
export function parseQueueAddress(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const database = /^\/?(\d{0,4})$/.exec(url?.pathname ?? 'none')?.[1];
  const known = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
  if (url === undefined || !known || url.hostname === '' || database === undefined || url.search + url.hash) {
    throw new RewardEditError('usage', 'this is no address of a Redis or Valkey server', {
      where: '--queue',
      hint: HINT,
    });
  }
  const password = decodeURIComponent(url.password) || (environment['REDIS_PASSWORD'] ?? '');
  const username = decodeURIComponent(url.username);
  const port = url.port === '' ? USUAL_PORT : Number(url.port);
  const user = url.username === '' ? '' : `${url.username}@`;
  const shown = `${url.protocol}//${user}${url.hostname}:${port}/${Number(database)}`;
  return {
    shown,
    connection: () => ({
      // A URL has an IPv6 address in brackets.
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      db: Number(database),
      ...(username !== '' && { username }),
      ...(password !== '' && { password }),
      ...(url.protocol === 'rediss:' && { tls: {} }),
    }),
    toJSON: () => shown,
  };
}
