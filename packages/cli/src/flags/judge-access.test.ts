import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { judgeAccess, type AccessOptions } from './judge-access.ts';

const OPENAI = 'https://api.openai.com';
const LOCAL = 'http://127.0.0.1:8000';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-access-'));
  file = join(folder, 'a=key');
  await writeFile(file, 'sk-of-a-file\n');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const access = (judges: readonly string[], options: AccessOptions, typed: readonly string[] = []) =>
  judgeAccess(judges, options, (option) => typed.includes(option));

it("reads each provider's own variable", async () => {
  vi.stubEnv('OPENAI_API_KEY', 'o');
  vi.stubEnv('REWARDEDIT_API_KEY', undefined);
  const { keyOf } = await access(['openai:m'], {});
  expect([keyOf('openai', OPENAI), keyOf('compatible', LOCAL)]).toEqual(['o', undefined]);
});

it.each<[string, readonly string[], string | undefined, string]>([
  ['of OpenAI', ['openai:m', 'replay:openai:n', 'oracle'], undefined, OPENAI],
  ['that --base-url names', ['compatible:m'], `${LOCAL}/v1`, LOCAL],
])('gives the key in a file to the one server %s', async (_, judges, baseUrl, origin) => {
  vi.stubEnv('OPENAI_API_KEY', 'o');
  const { keyOf } = await access(judges, { 'base-url': baseUrl, 'api-key-file': [file] });
  const provider = origin === OPENAI ? 'openai' : 'compatible';
  expect(keyOf(provider, origin)).toBe('sk-of-a-file');
  expect(keyOf('compatible', 'http://127.0.0.1:8001')).toBeUndefined();
});

it('gives the key in a file to the server that is named before it', async () => {
  const files = { 'api-key-file': [`${LOCAL}/v1=${file}`] };
  const { keyOf } = await access(['ensemble:e.json'], files);
  expect(keyOf('compatible', LOCAL)).toBe('sk-of-a-file');
  expect(keyOf('openai', OPENAI)).not.toBe('sk-of-a-file');
});

it.each(['ensemble:e.json', 'oracle'])(
  'wants to know which server a key is for where the judge is %s',
  async (judge) => {
    await expect(access([judge], { 'api-key-file': [file] })).rejects.toMatchObject({
      code: 'usage',
      where: '--api-key-file',
      message: 'it is not clear which server this API key is for',
    });
  },
);

it('says which file cannot be read', async () => {
  const missing = join(folder, 'none');
  await expect(access(['openai:m'], { 'api-key-file': [missing] })).rejects.toMatchObject({
    code: 'bad-input',
    where: missing,
  });
});

it('allows a server without encryption where that was typed, and nowhere else', async () => {
  const plain = { 'base-url': 'http://gpu-1:8000/v1', 'allow-http': ['http://gpu-2:8000/v1'] };
  const typed = await access([], plain, ['base-url', 'allow-http']);
  expect(['http://gpu-1:8000', 'http://gpu-2:8000', 'http://gpu-3'].map(typed.allowsHttp)).toEqual([
    true,
    true,
    false,
  ]);
  const untyped = await access([], { 'base-url': plain['base-url'] });
  expect(untyped.allowsHttp('http://gpu-1:8000')).toBe(false);
  await expect(access([], plain, ['base-url'])).rejects.toMatchObject({
    code: 'usage',
    where: '--allow-http',
  });
});
