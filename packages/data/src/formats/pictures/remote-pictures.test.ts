import { lookup } from 'node:dns/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isPublicAddress } from './public-address.ts';
import { createFetch } from './remote-pictures.ts';

async function server(answer: RequestListener): Promise<string> {
  const http = createServer(answer);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  );
  return `127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** A name, other than localhost, of a private address. */
const { address } = await lookup(hostname()).catch(() => ({ address: '' }));
const privateName = address === '' || isPublicAddress(address) ? undefined : hostname();

const refused = (message: RegExp) => ({ code: 'bad-input', message: expect.stringMatching(message) });

describe('createFetch', () => {
  it('fetches from an allowed host', async () => {
    const host = await server((request, response) => response.end(`picture of ${request.url}`));
    const bytes = await createFetch([`http://${host}`])(`http://${host}/a.png?size=2`);
    expect(Buffer.from(bytes).toString()).toBe('picture of /a.png?size=2');
  });

  it('refuses any other host: by default, another port, unencrypted, or a similar name', async () => {
    let asked = 0;
    const host = await server((_, response) => {
      asked += 1;
      response.end('x');
    });
    const url = `http://${host}/a.png?key=secret`;
    const message = /^pictures of .* are not fetched$/;
    await expect(createFetch([])(url)).rejects.toMatchObject({
      ...refused(message),
      where: `http://${host}/a.png`,
      hint: `download them first, or allow the host: --allow-host http://${host}`,
    });
    await expect(createFetch([host])(url)).rejects.toMatchObject({
      hint: expect.stringContaining('without encryption'),
    });
    for (const allowed of ['http://127.0.0.1', 'http://127.0.0.1:1', 'http://localhost', 'example.org']) {
      await expect(createFetch([allowed])(url)).rejects.toMatchObject(refused(message));
    }
    for (const trick of [
      `http://example.org@${host}/`,
      `http://${host}.example.org/`,
      'file:///etc/passwd',
      'ftp://example.org/',
    ]) {
      await expect(createFetch(['example.org', 'http://example.org'])(trick)).rejects.toMatchObject({
        code: 'bad-input',
      });
    }
    expect(asked).toBe(0);
  });

  it('only follows redirects to allowed hosts', async () => {
    let asked = 0;
    const inside = await server((_, response) => {
      asked += 1;
      response.end('secret');
    });
    const host = await server((request, response) => {
      const targets: Record<string, string> = {
        '/out': `http://${inside}/`,
        '/near': '/b',
        '/loop': '/loop',
        '/file': 'file:///etc/passwd',
      };
      const location = targets[request.url ?? ''];
      if (location === undefined) response.end('b');
      else response.writeHead(302, { location }).end();
    });
    const fetch = createFetch([`http://${host}`]);
    expect(Buffer.from(await fetch(`http://${host}/near`)).toString()).toBe('b');
    await expect(fetch(`http://${host}/out`)).rejects.toMatchObject(refused(/are not fetched/));
    await expect(fetch(`http://${host}/file`)).rejects.toMatchObject(refused(/are not fetched/));
    await expect(fetch(`http://${host}/loop`)).rejects.toMatchObject(refused(/more than 5 redirects/));
    expect(asked).toBe(0);
  });

  it('accepts localhost if it is listed', async () => {
    const port = (await server((_, response) => response.end('mine'))).split(':')[1];
    const bytes = await createFetch([`http://localhost:${port}`])(`http://localhost:${port}/`);
    expect(Buffer.from(bytes).toString()).toBe('mine');
  });

  it.skipIf(privateName === undefined)(
    'refuses names that lead to private addresses (skipped where the name of this machine does not)',
    async () => {
      const name = `${privateName}:1`;
      await expect(createFetch([`http://${name}`])(`http://${name}/`)).rejects.toMatchObject(
        refused(/resolves to .*, which is not on the public internet$/),
      );
    },
  );

  it('stops at the size limit and at the timeout, also in the middle of a body', async () => {
    const host = await server((request, response) => {
      if (request.url === '/slow') return;
      if (request.url === '/drip') response.write('x');
      else response.end(Buffer.alloc(5000));
    });
    const fetch = createFetch([`http://${host}`], { maxBytes: 4000, timeout: 300 });
    await expect(fetch(`http://${host}/large`)).rejects.toMatchObject(refused(/larger than 4000 bytes/));
    await expect(fetch(`http://${host}/slow`)).rejects.toMatchObject(refused(/timed out/));
    await expect(fetch(`http://${host}/drip`)).rejects.toMatchObject(refused(/timed out/));
  });

  it('reports the status of the server', async () => {
    const host = await server((_, response) => response.writeHead(404).end());
    await expect(createFetch([`http://${host}`])(`http://${host}/`)).rejects.toMatchObject(
      refused(/answered 404/),
    );
  });

  it.each([
    '',
    'a b',
    'example.org/path',
    'user@example.org',
    'http://',
    '*.example.org',
    'example.org?x',
    'ftp://example.org',
  ])('refuses the host %j', (host) =>
    expect(() => createFetch([host])).toThrow(
      expect.objectContaining({ code: 'usage', where: '--allow-host' }),
    ),
  );
});
