import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startJudgeServer,
  startProxy,
  type JudgeServer,
  type JudgeServerOptions,
  type TestProxy,
} from '@rewardedit/annotate/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { drawScenes } from './judged-scenes.test.helper.ts';
import { startCli, type Finished, type RunOptions } from './run-cli.test.helper.ts';

const KEY = 'sk-planted-4f9b2c7e81d64a30';

type Env = Readonly<Record<string, string>>;

let folder: string;
let scenes: string;
let keyFile: string;
let server: JudgeServer;
let proxy: TestProxy;
/** What lets a command reach the servers of providers through the proxy. */
let proxied: Env;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-key-'));
  scenes = await drawScenes(folder, 8);
  const secrets = await mkdtemp(join(tmpdir(), 'rewardedit-secret-'));
  keyFile = join(secrets, 'key');
  await writeFile(keyFile, `${KEY}\n`);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(join(keyFile, '..'), { recursive: true });
});
afterEach(async () => {
  await proxy.close();
  await server.close();
});

/** The places that a key can come from, with the judge that reads it there, on a server at a URL or behind a proxy. */
const SOURCES: readonly [string, (url: string, proxied: Env) => { words: string[]; env: Env }][] = [
  [
    'an environment variable',
    (url) => ({ words: ['--judge', 'compatible:m', '--base-url', url], env: { REWARDEDIT_API_KEY: KEY } }),
  ],
  [
    'a file',
    (url) => ({ words: ['--judge', 'compatible:m', '--base-url', url, '--api-key-file', keyFile], env: {} }),
  ],
  [
    "OpenAI's variable",
    (_, proxied) => ({ words: ['--judge', 'openai:m'], env: { ...proxied, OPENAI_API_KEY: KEY } }),
  ],
  [
    "Azure's variables",
    (_, proxied) => ({
      words: ['--judge', 'azure:m'],
      env: { ...proxied, AZURE_OPENAI_API_KEY: KEY, AZURE_OPENAI_ENDPOINT: 'https://mine.openai.azure.com' },
    }),
  ],
];

async function serve(options: JudgeServerOptions): Promise<void> {
  server = await startJudgeServer({ key: KEY, ...options });
  proxy = await startProxy(server.url, ['api.openai.com', 'mine.openai.azure.com']);
  const trusted = join(folder, 'trusted.pem');
  await writeFile(trusted, proxy.certificate);
  proxied = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: trusted };
}

/** Where the key is found while a command runs and after it: in what it prints and writes, and among the processes. */
async function traces(
  words: readonly string[],
  options: RunOptions,
): Promise<{ finished: Finished; found: string[] }> {
  const out = join(folder, `run-${(runs += 1)}`);
  // Whatever it writes elsewhere is written here as well.
  const home = join(folder, 'home');
  await mkdir(home, { recursive: true });
  const places = { HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, TMPDIR: home };
  const { child, finished } = startCli(
    ['annotate', scenes, '--rewards', join(out, 'rewards.jsonl'), ...words],
    {
      cwd: folder,
      env: { ...places, OPENAI_LOG: 'debug', ...options.env },
    },
  );
  const found = new Set<string>();
  while (child.exitCode === null && child.signalCode === null) {
    for (const line of await commandLines()) if (line.includes(KEY)) found.add(`process ${line}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { stdout, stderr } = await finished;
  if (stdout.includes(KEY)) found.add('stdout');
  if (stderr.includes(KEY)) found.add('stderr');
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (path.includes(KEY)) found.add(path);
    if (file.isFile() && (await readFile(path)).includes(KEY)) found.add(path);
  }
  return { finished: await finished, found: [...found] };
}

/** How all processes were called, where the system tells. */
async function commandLines(): Promise<string[]> {
  const names = await readdir('/proc').catch(() => []);
  const processes = names.filter((name) => /^\d+$/.test(name));
  return Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

describe.each(SOURCES)('a key from %s leaves no trace', (_, of) => {
  test('where all goes well or wrong, also with --debug and --json', async () => {
    // The server repeats the key wherever it can.
    const echo = { status: 500, body: `the key ${KEY} failed`, headers: { 'x-key': KEY } };
    const faults = ['reset', echo, { status: 200, body: `{"key": "${KEY}"` }, 'refusal'] as const;
    await serve({
      fault: (number) => faults[number],
      reply: ({ hash }) => (hash < '8' ? `the key is ${KEY}` : '{"changes":"","following":{}}'),
      latency: 20,
    });
    for (const more of [[], ['--debug', '--json', '--retry-quarantined']]) {
      const { words, env } = of(server.url, proxied);
      const { finished, found } = await traces([...words, '--concurrency', '4', ...more], { env });
      expect(found).toEqual([]);
      expect(finished.exitCode).toBe(68);
    }
    for (const { headers } of server.calls) expect(JSON.stringify(headers)).toContain(KEY);
    expect(JSON.stringify(proxy.requests)).not.toContain(KEY);
  });

  test('where the server refuses it, and says which', async () => {
    const error = { message: `Incorrect API key: ${KEY}.`, code: KEY };
    await serve({ fault: () => ({ status: 401, body: { error } }) });
    const { words, env } = of(server.url, proxied);
    const { finished, found } = await traces([...words, '--debug'], { env });
    expect(found).toEqual([]);
    expect(finished.exitCode).toBe(4);
    expect(finished.stderr).toContain('Incorrect API key: [key].');
  });
});

describe('a key leaves no trace', () => {
  test.each([
    ['--print-config'],
    ['--print-config', '--json'],
    ['--dry-run'],
    ['--nonsense'],
    ['--passes', '0'],
  ])('with %s %s', async (...more) => {
    await serve({});
    const env = { REWARDEDIT_API_KEY: KEY, OPENAI_API_KEY: KEY };
    const judge = ['--judge', 'compatible:m', '--base-url', server.url, '--api-key-file', keyFile];
    expect((await traces([...judge, ...more], { env })).found).toEqual([]);
    expect(server.calls).toEqual([]);
  });

  test('where it cannot be sent', async () => {
    await serve({});
    const env = { OPENAI_API_KEY: `${KEY}\nmore` };
    const words = ['--judge', 'openai:m', '--debug'];
    const { finished, found } = await traces(words, { env });
    expect(found).toEqual([]);
    expect(finished.exitCode).toBe(4);
    expect(finished.stderr).toContain('the key for openai contains characters that a key cannot have');
  });
});
