import { writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@rewardedit/data';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerOf, EVERYTHING, testDataset, type TestDataset } from './dataset.test.helper.ts';
import { LARGEST_BODY_BYTES } from './read-body.ts';
import { openReview } from './review.ts';
import { serveReview } from './review-server.ts';

type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
};

type Asked = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
};

/** Sends a request with exactly these headers, which `fetch` would not allow. */
function ask(url: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const path = url.slice(url.indexOf('/', 'http://'.length));
    const asked = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const json: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

async function served(content: TestDataset = { rows: [{ id: 'a' }], answers: [answerOf('a', [1, 2, 3])] }) {
  const folder = await testDataset(content);
  const review = await openReview({ dataset: await openDataset(folder) });
  const errors: unknown[] = [];
  const server = await serveReview(review, { onError: (error) => errors.push(error) });
  onTestFinished(async () => {
    await server.close();
    await review.close();
  });
  const { origin } = new URL(server.url);
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    ask(`${server.url}corrections`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { folder, server, url: server.url, origin, post, errors };
}

const rowsPath = (query: object, rest = '&page=0') =>
  `rows?query=${encodeURIComponent(JSON.stringify(query))}${rest}`;

describe('the server', () => {
  it('serves the page, its data and pictures, without caching or content sniffing', async () => {
    const { url } = await served();
    const page = await ask(url);
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-/);
    const picture = await ask(`${url}pictures/0/original`);
    expect([picture.status, picture.headers['content-type']]).toEqual([200, 'image/png']);
    const rows = await ask(`${url}${rowsPath(EVERYTHING)}`);
    expect(rows.json).toMatchObject({ total: 1, rows: [{ id: 'a', scores: { following: 1 } }] });
    for (const { headers } of [page, picture, rows]) {
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(rows.headers['content-security-policy']).toMatch(/^default-src 'none'/);
  });

  it('answers requests for loopback names only, at any port', async () => {
    const { url } = await served();
    for (const host of ['127.0.0.1', 'localhost:1', '[::1]:8123', '127.0.0.1:65535'])
      expect((await ask(`${url}about`, { headers: { host } })).status).toBe(200);
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil',
      '127.0.0.2',
      '0.0.0.0',
      'localhost:1@evil',
    ])
      expect((await ask(`${url}about`, { headers: { host } })).status).toBe(421);
  });

  it('listens on the loopback address only', async () => {
    const { url } = await served();
    const others = Object.values(networkInterfaces()).flatMap((list = []) =>
      list.filter(({ internal }) => !internal),
    );
    const { port } = new URL(url);
    for (const { address, family, scopeid } of others) {
      const host = family === 'IPv6' && scopeid ? `${address}%${scopeid}` : address;
      await expect(
        new Promise((resolve, reject) => {
          const socket = connect({ host, port: Number(port), timeout: 2000 });
          socket.once('connect', () => resolve('connected'));
          socket.once('error', reject);
          socket.once('timeout', () => reject(new Error('timeout')));
        }),
      ).rejects.toThrow(/ECONNREFUSED|timeout|EHOSTUNREACH/);
    }
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
  });

  it('answers nothing without its token, which is different each time', async () => {
    const { url, origin } = await served();
    const { url: other } = await served();
    expect(new URL(other).pathname).not.toBe(new URL(url).pathname);
    const token = new URL(url).pathname.split('/')[1];
    const paths = [
      '/',
      '',
      '/about',
      '/favicon.ico',
      `/${token.slice(0, -1)}/`,
      `/${token}x/about`,
      `//${token}/about`,
      `/x/../${token}x/`,
      new URL(other).pathname,
      '/%00',
      '//',
    ];
    for (const path of paths) {
      const answer = await ask(`${origin}${path === '' ? '/' : path}`);
      expect(answer.status).toBe(403);
      expect(answer.text).not.toContain(token);
    }
  });

  it('redirects to the page once from another address', async () => {
    const { server, url } = await served();
    const once = server.urlForOnce();
    const first = await ask(once);
    expect([first.status, first.headers.location]).toEqual([303, new URL(url).pathname]);
    expect((await ask(once)).status).toBe(403);
  });

  it('addresses pictures by row and role, and serves no others', async () => {
    const { folder, url, errors } = await served({
      rows: [
        { id: 'a', original_file_name: '../secret.png' },
        { id: 'b', original_file_name: 'notes.txt', edited_file_name: 'none.png' },
      ],
    });
    await writeFile(join(folder, 'notes.txt'), 'my notes');
    const outside = await ask(`${url}pictures/0/original`);
    expect(outside).toMatchObject({
      status: 422,
      json: { message: expect.stringMatching(/leads out of the dataset/) as string },
    });
    expect(await ask(`${url}pictures/1/original`)).toMatchObject({
      status: 422,
      json: { message: 'this is not a PNG, JPEG, WebP, TIFF, GIF or AVIF picture' },
    });
    expect(await ask(`${url}thumbnails/1/edited`)).toMatchObject({
      status: 422,
      json: { message: expect.stringMatching(/does not exist/) as string },
    });
    const paths = [
      'pictures/0/truth',
      'pictures/0/toString',
      'pictures/0/..%2f..%2fetc%2fpasswd',
      'pictures/../../../etc/passwd',
      'pictures/-1/original',
      'pictures/0',
      'rows/0/x',
      'metadata.jsonl',
      '__proto__',
      'constructor',
    ];
    for (const path of paths) expect([403, 404]).toContain((await ask(`${url}${path}`)).status);
    expect((await ask(`${url}pictures/2/original`)).status).toBe(422);
    expect((await ask(`${url}rows/99`)).status).toBe(422);
    expect(errors).toEqual([]);
  });

  it('rejects invalid queries with the reason', async () => {
    const { url, errors } = await served();
    const wrong = [
      'rows',
      'rows?query=nonsense&page=0',
      rowsPath({ ...EVERYTHING, more: 1 }),
      rowsPath({ ...EVERYTHING, scores: { following: [0, 9] } }),
      rowsPath({ ...EVERYTHING, text: 'x'.repeat(501) }),
      rowsPath(EVERYTHING, '&page=-1'),
      rowsPath(EVERYTHING, '&page=0&list=x'),
    ];
    for (const path of wrong) expect((await ask(`${url}${path}`)).status).toBe(400);
    expect((await ask(`${url}${rowsPath({ ...EVERYTHING, sort: 'constructor' })}`)).status).toBe(422);
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'POST'])
      expect([403, 405]).toContain((await ask(`${url}about`, { method })).status);
    expect((await ask(`${url}corrections`)).status).toBe(405);
    expect(errors).toEqual([]);
  });
});

describe('a correction', () => {
  const change = { position: 0, id: 'a', perspectives: { following: { score: 4 } } };

  it('is saved', async () => {
    const { post } = await served();
    expect(await post(change)).toMatchObject({ status: 200, json: { row: { scores: { following: 4 } } } });
  });

  it('is accepted from our own page only', async () => {
    const { url, post, origin } = await served();
    for (const other of [
      'http://evil.example',
      'null',
      `${origin}x`,
      'http://localhost',
      origin.replace('http', 'https'),
    ])
      expect((await post(change, { origin: other })).status).toBe(403);
    const without = await ask(`${url}corrections`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    });
    expect(without.status).toBe(403);
    expect((await post(change, { 'content-type': 'text/plain' })).status).toBe(422);
    expect(await ask(`${url}rows/0`)).toMatchObject({
      json: expect.not.objectContaining({ correction: expect.anything() as object }) as object,
    });
  });

  it('that changes nothing is rejected', async () => {
    const { post, errors } = await served();
    const wrong: unknown[] = [
      '',
      '{',
      'null',
      [],
      { ...change, perspectives: {} },
      { ...change, position: -1 },
      { ...change, position: 0.5 },
      { ...change, id: '' },
      { ...change, perspectives: { following: { score: 6 } } },
      { ...change, perspectives: { following: { score: '4' } } },
      { ...change, perspectives: { beauty: { score: 4 } } },
      '{"position":0,"id":"a","perspectives":{"__proto__":{"score":4}}}',
      { ...change, perspectives: { following: { feedback: 'x'.repeat(10_001) } } },
      { ...change, judge: 'me' },
    ];
    for (const body of wrong) expect([400, 422]).toContain((await post(body)).status);
    expect(await post({ ...change, id: 'b' })).toMatchObject({ status: 422 });
    expect(await post(change)).toMatchObject({ status: 200 });
    expect(errors).toEqual([]);
  });

  it('that is too large is rejected unread', async () => {
    const { post } = await served();
    expect(await post(`${' '.repeat(LARGEST_BODY_BYTES)}{}`)).toMatchObject({ status: 422 });
    expect(await post(change, { 'transfer-encoding': 'chunked' })).toMatchObject({ status: 422 });
    expect(await post(change)).toMatchObject({ status: 200 });
  });
});

it('names a port that is in use', async () => {
  const { url } = await served();
  const folder = await testDataset({ rows: [{ id: 'a' }] });
  const review = await openReview({ dataset: await openDataset(folder) });
  onTestFinished(() => review.close());
  const port = Number(new URL(url).port);
  await expect(serveReview(review, { port })).rejects.toMatchObject({
    code: 'failed',
    message: `the port ${port} is in use`,
  });
});
