import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from './journal.ts';

const MODULE = new URL('./journal.ts', import.meta.url).href;

let path: string;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-journal-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const read = () => readFile(path, 'utf8');

describe('openJournal', () => {
  it('appends in the order of the calls, with any number waiting, and can be reopened', async () => {
    const journal = await openJournal(path);
    const first = journal.append({ n: 0 });
    await Promise.all([first, ...[1, 2, 3].map((n) => journal.append({ n }))]);
    await journal.close();
    const again = await openJournal(path, { syncEvery: 100 });
    await again.append({ n: 4, text: 'ä\n' });
    // On disk for other processes at once, though not synced.
    expect(await read()).toBe('{"n":0}\n{"n":1}\n{"n":2}\n{"n":3}\n{"n":4,"text":"ä\\n"}\n');
    await again.close();
  });

  it('creates missing folders', async () => {
    path = join(folder, 'a', 'b', 'journal.jsonl');
    const journal = await openJournal(path);
    await journal.append({ n: 1 });
    await journal.close();
    expect(await read()).toBe('{"n":1}\n');
  });

  it('removes a torn last line, wherever it was torn', async () => {
    const whole = '{"text":"ä"}\n';
    const last = Buffer.from(`{"text":"${'ü'.repeat(50_000)}"}`);
    for (const end of [0, 1, 9, 10, 99_999, last.length - 1]) {
      await writeFile(path, Buffer.concat([Buffer.from(whole), last.subarray(0, end)]));
      const journal = await openJournal(path);
      await journal.append({ n: 1 });
      await journal.close();
      expect(await read()).toBe(`${whole}{"n":1}\n`);
    }
  });

  it('completes a last line that lacks only its newline', async () => {
    await writeFile(path, '{"n":0}\n{"n":1}');
    await (await openJournal(path)).close();
    expect(await read()).toBe('{"n":0}\n{"n":1}\n');
  });

  it('empties a file that is a single torn line', async () => {
    await writeFile(path, '\0\0\0');
    await (await openJournal(path)).close();
    expect(await read()).toBe('');
  });

  it('keeps every acknowledged line when its process is killed', async () => {
    const script = `
      import { openJournal } from ${JSON.stringify(MODULE)};
      const journal = await openJournal(process.argv[1]);
      for (let n = Number(process.argv[2]); ; n++) {
        await journal.append({ n, text: 'x'.repeat(5000) });
        process.stdout.write(n + '\\n');
      }`;
    let next = 0;
    for (let round = 0; round < 4; round++) {
      const acknowledged = await killWriterAfter(
        ['--input-type=module', '-e', script, path, String(next)],
        5 + round * 7,
      );
      await (await openJournal(path)).close();
      const numbers = (await read())
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { n: number }).n);
      expect(numbers).toEqual(numbers.map((_, i) => i));
      expect(numbers.length).toBeGreaterThan(acknowledged);
      next = numbers.length;
    }
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk is an error that names the file', async () => {
    const journal = await openJournal('/dev/full');
    const expected = {
      code: 'failed',
      message: 'cannot write the journal: the disk is full',
      where: '/dev/full',
    };
    await expect(journal.append({ n: 1 })).rejects.toMatchObject(expected);
    // Nothing more is written after a failure: it would stand behind a gap.
    await expect(journal.append({ n: 2 })).rejects.toMatchObject(expected);
    await journal.close();
  });

  it.skipIf(process.platform === 'win32')('leaves complete lines if a write fails halfway', async () => {
    const script = `
      import { openJournal } from ${JSON.stringify(MODULE)};
      const journal = await openJournal(process.argv[1]);
      await journal.append({ n: 1 });
      await journal.append({ text: 'x'.repeat(10000) }).catch((error) => process.stdout.write(error.message));
      await journal.close();`;
    const { stdout } = spawnSync('sh', [
      '-c',
      'ulimit -f 8; exec "$@"',
      'sh',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      path,
    ]);
    expect(stdout.toString()).toContain('larger than the system allows');
    expect(await read()).toBe('{"n":1}\n');
  });
});

/** Runs Node until it has printed so many lines, kills it with SIGKILL, and gives the last number it printed. */
async function killWriterAfter(args: string[], lines: number): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.split('\n').length > lines) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.on('close', resolve));
  return Number(printed.split('\n').at(-2));
}
