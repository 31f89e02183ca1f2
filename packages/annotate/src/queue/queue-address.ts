import { RewardEditError } from '@rewardedit/core';

/** Server, user, password and encryption, as the client accepts them. */
export type Connection = {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
};

/** The address of a queue's Redis (or Valkey) server. As text and as JSON, it shows no password. */
export type QueueAddress = {
  /** Such as `redis://host:6379/0`: can be shown, and typed again if REDIS_PASSWORD has the password. */
  readonly shown: string;
  /** A function, so that printing the address with all its properties does not show the password. */
  connection(): Connection;
  toJSON(): string;
  toString(): string;
};

const USUAL_PORT = 6379;
const HINT =
  'it looks like redis://host:6379/0, or rediss://user@host:6380/0 where the connection is encrypted; ' +
  'special characters in a password are percent-encoded, such as %23 for #';

/**
 * Parses a `redis://` or `rediss://` (TLS) URL; a password that it lacks is taken from REDIS_PASSWORD. Throws `usage` for anything else,
 * without repeating it, because it may contain a password.
 */
export function parseQueueAddress(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): QueueAddress {
  const url = readUrl(text);
  const [username, password] = [url.username, url.password].map((part) => decodeURIComponent(part));
  const secret = password === '' ? (environment['REDIS_PASSWORD'] ?? '') : password;
  const database = Number(url.pathname.slice(1));
  const port = url.port === '' ? USUAL_PORT : Number(url.port);
  const user = url.username === '' ? '' : `${url.username}@`;
  const shown = `${url.protocol}//${user}${url.hostname}:${port}/${database}`;
  return {
    shown,
    connection: () => ({
      // A URL has an IPv6 address in brackets.
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      db: database,
      ...(username !== '' && { username }),
      ...(secret !== '' && { password: secret }),
      ...(url.protocol === 'rediss:' && { tls: {} }),
    }),
    toJSON: () => shown,
    toString: () => shown,
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isKnown = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
  const hasDatabase = url !== undefined && /^\/?\d{0,4}$/.test(url.pathname);
  if (isKnown && hasDatabase && url.hostname !== '' && url.search + url.hash === '' && isDecodable(url))
    return url;
  throw new RewardEditError('usage', 'this is not the address of a Redis or Valkey server', {
    where: '--queue',
    hint: HINT,
  });
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
