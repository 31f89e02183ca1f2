import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChatReply } from '../api/chat.ts';
import { contentKey, openReplyStore } from './reply-store.ts';

let all: string;
let folder: string;
let made = 0;
beforeAll(async () => {
  all = await mkdtemp(join(tmpdir(), 'rewardedit-replies-'));
});
afterAll(() => rm(all, { recursive: true }));
beforeEach(() => {
  folder = join(all, String((made += 1)), 'replies');
});

const reply = (text: string): ChatReply => ({ text, finish: 'complete' });
const key = (name: unknown) => contentKey(name);
const files = async () => (await readdir(folder)).map((name) => join(folder, name));

/** Stores replies by name, and closes the store. */
async function put(...names: string[]): Promise<void> {
  const store = openReplyStore(folder);
  for (const name of names) await store.put(key(name), reply(name));
  await store.close();
}

describe('a store', () => {
  it('returns what was stored, at once and in the next run, with all its fields', async () => {
    const whole: ChatReply = {
      text: 'Größe "\u2028" \u0000 🙂 \ud800',
      finish: 'refusal',
      usage: { input: 1, cachedInput: 0, output: 2 },
      model: 'm',
      fingerprint: 'f',
      tokens: [{ token: 'a', alternatives: [{ token: 'a', logprob: -0.25 }] }],
    };
    const store = openReplyStore(folder);
    expect(await store.get(key('a'))).toBeUndefined();
    await store.put(key('a'), whole);
    expect(await store.get(key('a'))).toEqual(whole);
    expect(await store.get(key('b'))).toBeUndefined();
    await store.close();
    expect(await openReplyStore(folder).get(key('a'))).toEqual(whole);
  });

  it('creates no folder before the first reply', async () => {
    const store = openReplyStore(folder);
    await store.get(key('a'));
    await store.close();
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps replies in append-only files, one per run', async () => {
    await put('a', 'b');
    const [first] = await files();
    const before = await readFile(first, 'utf8');
    expect(before.split('\n')).toHaveLength(3);
    await put('c');
    expect(await readFile(first, 'utf8')).toBe(before);
    expect(await files()).toHaveLength(2);
  });

  it('is merged with another by copying its files', async () => {
    await put('a');
    const [one] = await files();
    const text = await readFile(one, 'utf8');
    folder = join(all, 'merged');
    await put('b');
    await writeFile(join(folder, 'copied.jsonl'), text);
    const store = openReplyStore(folder);
    expect(await Promise.all([store.get(key('a')), store.get(key('b'))])).toEqual([reply('a'), reply('b')]);
  });

  it('finds 20,000 replies again, and lines of any length', async () => {
    const store = openReplyStore(folder);
    const names = Array.from({ length: 20_000 }, (_, at) => `reply ${at}`);
    const puts = names.map((name, at) =>
      store.put(key(name), reply(at === 777 ? 'x'.repeat(3_000_000) : name)),
    );
    await Promise.all(puts);
    await store.close();
    const next = openReplyStore(folder);
    for (let at = 0; at < names.length; at += 397)
      expect(await next.get(key(names[at]))).toEqual(reply(names[at]));
    expect((await next.get(key('reply 777')))?.text).toHaveLength(3_000_000);
    expect(await next.get(key('reply 20000'))).toBeUndefined();
  });

  it('sees what another process stores, after a moment', async () => {
    const [reader, writer] = [openReplyStore(folder), openReplyStore(folder)];
    expect(await reader.get(key('a'))).toBeUndefined();
    await writer.put(key('a'), reply('a'));
    await expect.poll(() => reader.get(key('a')), { timeout: 5000 }).toEqual(reply('a'));
    await writer.close();
  });
});

describe('damage', () => {
  it('is ignored: a last line torn at any byte', async () => {
    await put('a', 'b');
    const [file] = await files();
    const whole = await readFile(file);
    const first = whole.indexOf('\n') + 1;
    for (let size = first; size < whole.length; size += 7) {
      await truncate(file, size);
      const store = openReplyStore(folder);
      expect(await store.get(key('a'))).toEqual(reply('a'));
      expect(await store.get(key('b'))).toBeUndefined();
      await writeFile(file, whole);
    }
  });

  it('is ignored: invalid lines, and other files', async () => {
    await put('a');
    const [file] = await files();
    await appendFile(
      file,
      `hello\n\n{}\n{"key":"${key('b')}","reply":{"text":5}}\n{"key":"${key('c')}","re\0\0\n`,
    );
    await writeFile(join(folder, 'notes.txt'), 'hello');
    const store = openReplyStore(folder);
    expect(await store.get(key('a'))).toEqual(reply('a'));
    for (const name of ['b', 'c', 'd']) expect(await store.get(key(name))).toBeUndefined();
  });

  it('is replaced by a new reply', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '0.jsonl'), `{"key":"${key('a')}","reply":{"te\n`);
    const store = openReplyStore(folder);
    expect(await store.get(key('a'))).toBeUndefined();
    await store.put(key('a'), reply('a'));
    expect(await store.get(key('a'))).toEqual(reply('a'));
    await store.close();
  });

  it.skipIf(process.getuid?.() === 0)('is explained if a file may not be read', async () => {
    await put('a');
    const [file] = await files();
    await chmod(file, 0);
    await expect(openReplyStore(folder).get(key('a'))).rejects.toMatchObject({ code: 'failed', where: file });
  });

  it('is explained if the folder is not one', async () => {
    await mkdir(join(folder, '..'), { recursive: true });
    await writeFile(folder, 'a file');
    const store = openReplyStore(folder);
    const explained = { code: 'bad-input', where: folder };
    await expect(store.get(key('a'))).rejects.toMatchObject(explained);
    await expect(store.put(key('a'), reply('a'))).rejects.toMatchObject({
      code: expect.stringMatching(/bad-input|failed/),
    });
  });
});

/** Starts a process that stores replies `PREFIX 0`, `PREFIX 1`, ... and prints the number of each once it is stored. */
function writer(prefix: string, count: number): ChildProcess {
  const script = `
    import { contentKey, openReplyStore } from ${JSON.stringify(new URL('./reply-store.ts', import.meta.url).href)};
    const store = openReplyStore(process.argv[1]);
    for (let at = 0; at < ${count}; at++) {
      const name = process.argv[2] + ' ' + at;
      await store.put(contentKey(name), { text: name + ' ' + 'x'.repeat(at % 3000), finish: 'complete' });
      process.stdout.write(at + '\\n');
    }
    await store.close();`;
  return spawn(process.execPath, ['--input-type=module', '-e', script, folder, prefix], {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('several processes', () => {
  it('share a folder, even with the same replies', async () => {
    const writers = ['a', 'b', 'same', 'same'].map((prefix) => writer(prefix, 300));
    for (const child of writers) child.stdout!.resume();
    await Promise.all(writers.map((child) => once(child, 'close')));
    expect(await files()).toHaveLength(4);
    const store = openReplyStore(folder);
    for (const prefix of ['a', 'b', 'same'])
      for (let at = 0; at < 300; at++)
        expect((await store.get(key(`${prefix} ${at}`)))?.text).toBe(
          `${prefix} ${at} ${'x'.repeat(at % 3000)}`,
        );
  });

  it('lose nothing stored when they are killed', async () => {
    const children = [50, 120, 200].map(async (kept, number) => {
      const child = writer(String(number), 1e6);
      let printed = '';
      child.stdout!.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (printed.split('\n').length > kept) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'close');
      expect(signal).toBe('SIGKILL');
      return { number, last: Number(printed.trimEnd().split('\n').at(-1)) };
    });
    const store = openReplyStore(folder);
    for (const { number, last } of await Promise.all(children)) {
      expect(last).toBeGreaterThan(40);
      for (let at = 0; at <= last; at++)
        expect((await store.get(key(`${number} ${at}`)))?.text).toBe(
          `${number} ${at} ${'x'.repeat(at % 3000)}`,
        );
    }
  });
});

describe('contentKey', () => {
  it('ignores the order of keys, and depends on everything else', () => {
    expect(key({ a: 1, b: { c: [1, 2], d: null } })).toBe(key({ b: { d: null, c: [1, 2] }, a: 1 }));
    const others = [
      {},
      [],
      null,
      'a',
      { a: 1 },
      { a: '1' },
      { a: [1] },
      [1, 2],
      [2, 1],
      { a: undefined, b: 1 },
      { ['__proto__']: 1 },
    ];
    expect(new Set(others.map(key)).size).toBe(others.length);
    expect(key({ a: 1 })).toMatch(/^[0-9a-f]{64}$/);
  });

  it('never changes, because stored replies are found by it', () => {
    expect(key({ model: 'm', parts: [{ text: 'Größe' }] })).toBe(
      'd6e90a122fd87858212c44d7954f68a36f471fabb24245de18db0e5d85d3e9e0',
    );
  });
});
