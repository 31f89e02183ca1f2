import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { annotateThroughQueue, parseQueueAddress, type RunSettings } from '@rewardedit/annotate/queue';
import { batchEndpoints, startJudgeServer, startProxy, type TestProxy } from '@rewardedit/annotate/testing';
import { openDataset } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { drawScenes } from './judged-scenes.test.helper.ts';
import { SERVER, startServer } from './redis-server.test.helper.ts';
import { runCli, runJson, startCli, temporaryFolder } from './run-cli.test.helper.ts';

const OWN = 'sk-own-0123456789abcdef';

/** What is meant for OpenAI or Azure, and must reach nobody else. */
const PLANTED = {
  OPENAI_API_KEY: 'sk-planted-openai-0123',
  OPENAI_ADMIN_KEY: 'sk-planted-admin-0123',
  OPENAI_ORG_ID: 'planted-organization',
  OPENAI_PROJECT_ID: 'planted-project',
  OPENAI_WEBHOOK_SECRET: 'planted-secret',
  OPENAI_CUSTOM_HEADERS: ['X-Planted: planted', 'Authorization: Bearer planted', 'User-Agent: planted'].join(
    '\n',
  ),
  AZURE_OPENAI_API_KEY: 'planted-azure-0123456789',
  AZURE_OPENAI_ENDPOINT: 'https://mine.openai.azure.com',
  REWARDEDIT_API_KEY: OWN,
};

let original: string;
const removals: (() => void | Promise<void>)[] = [];
beforeAll(async () => {
  const root = await temporaryFolder((remove) => void removals.push(remove as () => Promise<void>));
  original = await drawScenes(root, 6);
});
afterAll(async () => {
  for (const remove of removals) await remove();
});

/** A copy of the dataset, and a server that notes everything that it is asked. */
async function setUp(): Promise<{ root: string; scenes: string; judge: TestProxy; url: string }> {
  const root = await temporaryFolder(onTestFinished);
  const scenes = join(root, 'scenes');
  await cp(original, scenes, { recursive: true });
  const judge = await startNotingServer();
  return { root, scenes, judge, url: `${judge.url}/v1` };
}

async function startNotingServer(): Promise<TestProxy> {
  const server = await startJudgeServer({ batches: batchEndpoints({ immediate: true }) });
  const noting = await startProxy(server.url);
  onTestFinished(async () => {
    await noting.close();
    await server.close();
  });
  return noting;
}

/** What a server was sent besides the pictures; the key for it must be there, or must not, and nothing that is planted. */
function expectOwnOnly({ requests }: TestProxy, key: string | undefined): void {
  expect(requests.length).toBeGreaterThan(0);
  for (const { headers } of requests) {
    expect(JSON.stringify(headers)).not.toContain('planted');
    expect(headers.authorization).toBe(key === undefined ? undefined : `Bearer ${key}`);
  }
}

describe('a server that is neither OpenAI nor Azure gets its own key and nothing else', () => {
  test.each<[string, (scenes: string) => string[]]>([
    ['of calls', (scenes) => ['annotate', scenes]],
    ['of calls over the Responses API', (scenes) => ['annotate', scenes, '--api', 'responses']],
    ['of canaries', (scenes) => ['judge', 'test', scenes]],
    ['of batches', (scenes) => ['annotate', scenes, '--batch', '--wait']],
    ['of doctor', () => ['doctor', '--backend', 'onnx:cpu']],
  ])('%s', async (_, words) => {
    const { scenes, judge, url } = await setUp();
    const elsewhere = await startNotingServer();
    const env = { ...PLANTED, OPENAI_BASE_URL: `${elsewhere.url}/v1` };
    await runCli([...words(scenes), '--judge', 'compatible:m', '--base-url', url], { env });
    expectOwnOnly(judge, OWN);
    expect(elsewhere.requests).toEqual([]);
  });

  test('of an ensemble, whose members have keys by their own servers', async () => {
    const { root, scenes, judge, url } = await setUp();
    const [second, third] = [await startNotingServer(), await startNotingServer()];
    const file = join(root, 'ensemble.json');
    const members = [
      { judge: 'compatible:m' },
      { judge: 'compatible:n', baseUrl: `${second.url}/v1` },
      { judge: 'compatible:o', baseUrl: `${third.url}/v1` },
    ];
    await writeFile(file, JSON.stringify({ members }));
    const keyFile = join(root, 'key');
    await writeFile(keyFile, 'sk-of-the-third-server\n');
    const words = ['annotate', scenes, '--judge', `ensemble:${file}`, '--base-url', url];
    const named = ['--api-key-file', `${third.url}=${keyFile}`];
    expect(await runCli([...words, ...named], { env: PLANTED })).toMatchObject({ exitCode: 0 });
    expectOwnOnly(judge, OWN);
    expectOwnOnly(second, undefined);
    expectOwnOnly(third, 'sk-of-the-third-server');
    const unnamed = await runCli([...words.slice(0, -2), '--api-key-file', keyFile], { env: PLANTED });
    expect(unnamed.exitCode).toBe(2);
    expect(unnamed.stderr).toContain('it is not clear which server this API key is for');
  });

  test('to which another one redirects: nothing', async () => {
    const { scenes, judge } = await setUp();
    const redirecting = createServer((_, response) =>
      response.writeHead(307, { location: `${judge.url}/v1/chat/completions` }).end(),
    ).listen(0, '127.0.0.1');
    await once(redirecting, 'listening');
    onTestFinished(() => void redirecting.close());
    const baseUrl = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}/v1`;
    const words = ['annotate', scenes, '--judge', 'compatible:m', '--base-url', baseUrl];
    const { exitCode, stderr } = await runCli(words, { env: PLANTED });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`the server redirects to ${judge.url}/v1/chat/completions`);
    expect(judge.requests).toEqual([]);
  });
});

describe('nothing is sent, and what to do is said, where', () => {
  test.each<[string, (url: string) => object, number, string]>([
    ['OpenAI', (url) => ({ judge: 'openai:m', baseUrl: url }), 2, 'is not a server of OpenAI'],
    ['Azure', (url) => ({ judge: 'azure:m', baseUrl: url }), 2, 'is not a server of Azure'],
    [
      "Azure, at a stranger's resource,",
      () => ({ judge: 'azure:m', baseUrl: 'https://stranger.openai.azure.com' }),
      4,
      'there is no key for azure at https://stranger.openai.azure.com',
    ],
    [
      'another machine',
      () => ({ judge: 'compatible:m', baseUrl: 'http://gpu-1.example:8000/v1' }),
      2,
      'would go to http://gpu-1.example:8000 without encryption',
    ],
  ])('a file says that %s is asked elsewhere', async (_, member, exitCode, message) => {
    const { root, scenes, judge, url } = await setUp();
    const file = join(root, 'ensemble.json');
    await writeFile(file, JSON.stringify({ members: [member(url)] }));
    const finished = await runCli(['annotate', scenes, '--judge', `ensemble:${file}`], { env: PLANTED });
    expect(finished.exitCode).toBe(exitCode);
    expect(finished.stderr).toContain(message);
    expect(judge.requests).toEqual([]);
  });

  test.each([
    ['base-url', 'http://127.0.0.1:1/v1'],
    ['api-key-file', 'key'],
    ['queue', 'redis://127.0.0.1:1/0'],
    ['cache-dir', 'replies'],
    ['model-table', 'models.json'],
    ['allow-http', 'http://gpu-1'],
    ['judge', 'ensemble:ensemble.json'],
    ['rewards', '../../rewards.jsonl'],
  ])('a config file that was found sets %s', async (option, value) => {
    const { root, scenes, judge, url } = await setUp();
    const project = join(root, 'cloned');
    await mkdir(project);
    const file = join(project, 'rewardedit.config.json');
    const own = option === 'base-url' ? url : value;
    await writeFile(file, JSON.stringify({ annotate: { judge: 'compatible:m', [option]: own } }));
    const { exitCode, document } = await runJson(['annotate', scenes], { cwd: project, env: PLANTED });
    expect(exitCode).toBe(3);
    expect(document).toMatchObject({
      error: {
        message: expect.stringContaining(`must not set "${option}" of "annotate"`) as string,
        where: file,
        hint: expect.stringContaining(`--config ${file}`) as string,
      },
    });
    expect(judge.requests).toEqual([]);
  });

  test('a plain address stands in a variable, and not on the command line', async () => {
    const { scenes } = await setUp();
    const env = { REWARDEDIT_ANNOTATE_BASE_URL: 'http://gpu-1.example:8000/v1' };
    const finished = await runCli(['annotate', scenes, '--judge', 'compatible:m'], { env });
    expect(finished.exitCode).toBe(2);
    expect(finished.stderr).toContain('--allow-http http://gpu-1.example:8000');
  });
});

test('a config file that is named may say where the server is; a judge from one that was found is told', async () => {
  const { root, scenes, judge, url } = await setUp();
  const file = join(root, 'rewardedit.config.json');
  await writeFile(file, JSON.stringify({ annotate: { judge: 'compatible:m', 'base-url': url } }));
  const named = ['annotate', scenes, '--config', file];
  expect(await runCli(named, { cwd: root, env: PLANTED })).toMatchObject({ exitCode: 0 });
  expectOwnOnly(judge, OWN);
  await writeFile(file, JSON.stringify({ annotate: { judge: 'compatible:m' } }));
  const found = await runCli(['annotate', scenes, '--base-url', url], { cwd: root, env: PLANTED });
  expect(found.stderr).toContain(`The judge compatible:m is set in ${file}.`);
});

describe.skipIf(SERVER === undefined)('a worker', () => {
  /** A run as whoever can write to the queue would like it. */
  async function plant(settings: RunSettings, folder: string) {
    const queue = await startServer(onTestFinished, 'p');
    const stop = new AbortController();
    const run = annotateThroughQueue({
      ...{ address: parseQueueAddress(queue, { REDIS_PASSWORD: 'p' }), dataset: await openDataset(folder) },
      ...{ judge: { name: 'compatible:m', version: 'any' }, settings, signal: stop.signal },
    });
    onTestFinished(async () => {
      stop.abort();
      await run.catch(() => undefined);
    });
    return queue;
  }
  const SETTINGS = {
    ...{
      judge: 'compatible:m',
      api: 'chat',
      protocol: 'rubric-v1',
      passes: 1,
      maxSide: 64,
      timeout: 5,
      measure: false,
      budget: {},
    },
  };

  test('asks the judge that it was told of, with its own key', async () => {
    const { scenes, judge, url } = await setUp();
    const queue = await startServer(onTestFinished, 'p');
    const options = ['--queue', queue, '--judge', 'compatible:m', '--base-url', url];
    const env = { ...PLANTED, REDIS_PASSWORD: 'p' };
    const { finished } = startCli(['worker', ...options, '--data', scenes, '--until-empty'], { env });
    expect(await runCli(['annotate', scenes, ...options], { env })).toMatchObject({ exitCode: 0 });
    expect((await finished).exitCode).toBe(0);
    expectOwnOnly(judge, OWN);
  });

  test.each<[string, object, string[], string]>([
    [
      'another judge',
      { judge: 'openai:gpt-x' },
      [],
      'the run needs the judge openai:gpt-x, but this worker only runs compatible:m',
    ],
    ['an ensemble', { judge: 'ensemble:/tmp/e.json' }, [], 'the run needs the judge ensemble:/tmp/e.json'],
    ['a folder for replies elsewhere', { replies: '/etc' }, [], 'the run keeps its replies in /etc'],
    ['a dataset elsewhere', {}, ['--data', '/usr'], 'the dataset is not in the folder of this worker, /usr'],
  ])('refuses %s', async (_, own, words, message) => {
    const { root, scenes, judge, url } = await setUp();
    // Where the server is, is not for the queue to say.
    const planted = { ...SETTINGS, baseUrl: url, replies: join(scenes, 'replies'), ...own };
    const queue = await plant(planted, scenes);
    const options = ['--queue', queue, '--judge', 'compatible:m', '--base-url', 'http://127.0.0.1:9/v1'];
    const where = words.length > 0 ? words : ['--data', root];
    const env = { ...PLANTED, REDIS_PASSWORD: 'p' };
    const { exitCode, stderr } = await runCli(['worker', ...options, ...where, '--until-empty'], { env });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(message);
    expect(judge.requests).toEqual([]);
  });
});
