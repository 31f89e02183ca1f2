import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQueueAddress } from './queue-address.ts';

describe('parseQueueAddress', () => {
  it.each([
    ['redis://host', { host: 'host', port: 6379, db: 0 }, 'redis://host:6379/0'],
    ['redis://127.0.0.1:7000/', { host: '127.0.0.1', port: 7000, db: 0 }, 'redis://127.0.0.1:7000/0'],
    ['redis://[::1]:7000/12', { host: '::1', port: 7000, db: 12 }, 'redis://[::1]:7000/12'],
    ['rediss://host/3', { host: 'host', port: 6379, db: 3, tls: {} }, 'rediss://host:6379/3'],
    [
      'rediss://me%40home:s%3Acret@host',
      { host: 'host', port: 6379, db: 0, username: 'me@home', password: 's:cret', tls: {} },
      'rediss://me%40home@host:6379/0',
    ],
    ['redis://:s3cret@host', { host: 'host', port: 6379, db: 0, password: 's3cret' }, 'redis://host:6379/0'],
  ])('reads %s', (text, connection, shown) => {
    const address = parseQueueAddress(text, {});
    expect(address.connection()).toEqual(connection);
    expect(address.shown).toBe(shown);
  });

  it('reads the password from REDIS_PASSWORD if the URL has none', () => {
    const environment = { REDIS_PASSWORD: 'from the environment' };
    const passwordOf = (url: string) => parseQueueAddress(url, environment).connection().password;
    expect(passwordOf('redis://host')).toBe('from the environment');
    expect(passwordOf('redis://:own@host')).toBe('own');
    expect(parseQueueAddress('redis://host', { REDIS_PASSWORD: '' }).connection()).not.toHaveProperty(
      'password',
    );
  });

  it.each([
    '',
    'host:6379',
    'http://host',
    'redis://',
    'redis:///0',
    'redis://host/x',
    'redis://host/1/2',
    'redis://host?a=1',
    'redis://host#1',
    'redis://:%zz@host',
  ])('rejects %j', (text) => {
    expect(() => parseQueueAddress(text, {})).toThrow(
      expect.objectContaining({ code: 'usage', where: '--queue' }),
    );
  });

  it('never shows the password', () => {
    const passwords = fc.stringMatching(/^[a-z0-9]{8,16}$/);
    fc.assert(
      fc.property(passwords, (password) => {
        const address = parseQueueAddress(`redis://user:${password}@host`, {});
        const shown = [address.shown, JSON.stringify({ address }), inspect(address, { depth: 9 })];
        for (const text of shown) expect(text).not.toContain(password);
        for (const wrong of [`http://user:${password}@host`, `redis://user:${password}@host/x`]) {
          let error: unknown;
          try {
            parseQueueAddress(wrong, {});
          } catch (thrown) {
            error = thrown;
          }
          expect(inspect(error, { depth: 9 })).toContain('not the address');
          expect(inspect(error, { depth: 9 })).not.toContain(password);
        }
      }),
    );
  });
});
