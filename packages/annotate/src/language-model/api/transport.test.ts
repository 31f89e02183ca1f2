import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createRawServer, type AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createTransport } from './transport.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ?? { close: (call: () => void) => call() }).close(() => resolve(0)));
  server = undefined;
});

/** Returns the client's `fetch` for the server at a URL. */
function fetchOf(url: string, secret = ''): typeof fetch {
  return createTransport({ origin: new URL(url).origin, secret, connections: 1 }).fetch;
}

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it('sends method, headers and body, and returns status, headers and body', async () => {
  const url = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response
        .writeHead(418, {
          'X-Echo': `${request.method} ${String(request.headers['x-own'])}`,
          'set-cookie': ['a=1', 'b=2'],
        })
        .end(Buffer.concat(chunks)),
    );
  });
  const fetch = fetchOf(url);
  const response = await fetch(url, { method: 'POST', headers: { 'X-Own': 'yes' }, body: 'grüße' });
  expect(response.status).toBe(418);
  expect(response.headers.get('x-echo')).toBe('POST yes');
  expect(await response.text()).toBe('grüße');
  const bytes = new Uint8Array([0, 255, 1]);
  const binary = await fetch(new URL(url), { method: 'PUT', body: bytes });
  expect(new Uint8Array(await binary.arrayBuffer())).toEqual(bytes);
});

it('reuses its connections', async () => {
  const ports: (number | undefined)[] = [];
  const url = await serve(({ socket }, response) => {
    ports.push(socket.remotePort);
    response.end('{}');
  });
  const fetch = fetchOf(url);
  for (let i = 0; i < 3; i++) await (await fetch(url)).text();
  expect(new Set(ports).size).toBe(1);
});

it('follows no redirect, so that no key reaches another host', async () => {
  const paths: (string | undefined)[] = [];
  const url = await serve(({ url: path }, response) => {
    paths.push(path);
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  const response = await fetchOf(url)(url, { headers: { authorization: 'Bearer key' } });
  expect(response.status).toBe(307);
  expect(paths).toEqual(['/']);
});

it.each([204, 205, 304])('reads a response of status %d, which has no body', async (status) => {
  const url = await serve((_, response) => response.writeHead(status).end());
  const response = await fetchOf(url)(url);
  expect([response.status, await response.text()]).toEqual([status, '']);
});

it.each([
  ['that is reset within its body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
  ['of chunks that break off', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf'],
  ['without a header', ''],
  ['that is no HTTP', 'hello\r\n\r\n'],
  ['with a status that no response may have', 'HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n'],
])('fails on a response %s', async (_, bytes) => {
  const raw = createRawServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  }).listen(0, '127.0.0.1');
  await once(raw, 'listening');
  const { port } = raw.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}/`;
  await expect(fetchOf(address)(address)).rejects.toThrow(Error);
  raw.close();
});

it('aborts at once, before and while it waits', async () => {
  const url = await serve(() => undefined);
  const fetch = fetchOf(url);
  await expect(fetch(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  const controller = new AbortController();
  const waiting = fetch(url, { signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

it('fails if nobody listens', async () => {
  const url = await serve(() => undefined);
  server!.close();
  await expect(fetchOf(url)(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('rejects an endless response', async () => {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  const url = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && sent < 64 && response.write(piece)) sent += 1;
    };
    response.on('drain', more);
    more();
  });
  await expect(fetchOf(url)(url)).rejects.toThrow('more than 16 MB');
  expect(sent).toBeLessThan(64);
});

it('removes the key from whatever the server sends', async () => {
  const url = await serve(({ headers }, response) =>
    response.end(`grüße, ${headers.authorization}, ${headers.authorization}`),
  );
  const key = 'sk-planted-0123456789';
  const response = await fetchOf(url, key)(url, { headers: { authorization: key } });
  expect(await response.text()).toBe('grüße, [key], [key]');
  const other = await fetchOf(url, 'short')(url, { headers: { authorization: 'short' } });
  expect(await other.text()).toBe('grüße, short, short');
});
