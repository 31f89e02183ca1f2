import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, test } from 'vitest';
import { assertLocksHeld, lockFile } from './file-lock.ts';
import { openJournal } from './journal.ts';
import { thisProcess } from './process-identity.ts';

let folder: string;
let path: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-lock-'));
  path = join(folder, 'file');
  lock = join(folder, '.file.lock');
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a module in a process of its own, which knows the library's functions and `path`; `before` are words in front of it. */
function start(source: string, before: readonly string[] = []) {
  const library = new URL('../dist/', import.meta.url).href;
  const module = `
    import { lockFile } from '${library}file-lock.js';
    import { openJournal } from '${library}journal.js';
    import { writeFileAtomic } from '${library}atomic-file.js';
    const path = ${JSON.stringify(path)};
    ${source}`;
  const words = [...before, process.execPath, '--input-type=module', '--eval', module];
  const child = spawn(words[0], words.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  return {
    child,
    said: () => said,
    hears: async (text: string) => {
      while (!said.includes(text)) await once(child.stdout, 'data');
    },
  };
}

/** Another process that takes the lock and keeps it, until it is killed. */
async function holder(before?: readonly string[]) {
  const other = start(
    `await lockFile(path); process.stdout.write('held'); setInterval(() => undefined, 1000);`,
    before,
  );
  await other.hears('held');
  return other.child;
}

const refusedBy = (who: string) => ({
  code: 'failed',
  message: `another command (${who}) is running here`,
  where: path,
});
const release = async () => {
  await (
    await lockFile(path)
  )();
};
const isLinux = existsSync('/proc/self/stat');

describe('lockFile', () => {
  it('excludes this process while it is held, and leaves nothing behind', async () => {
    const unlock = await lockFile(path);
    await expect(lockFile(path)).rejects.toMatchObject({ code: 'failed', where: path });
    await unlock();
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('locks each file separately', async () => {
    const releases = [await lockFile(path), await lockFile(join(folder, 'file.2'))];
    for (const each of releases) await each();
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(isLinux)('excludes other processes until they are killed, and no longer', async () => {
    const other = await holder();
    await expect(lockFile(path)).rejects.toMatchObject(refusedBy(`process ${other.pid}`));
    expect(await readdir(folder)).toEqual(['.file.lock']);
    other.kill('SIGKILL');
    await once(other, 'exit');
    const waits: string[] = [];
    await (
      await lockFile(path, { onWait: (message) => waits.push(message) })
    )();
    expect(waits).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(isLinux)('is not held by a process whose PID was reused', async () => {
    const record = { ...thisProcess(), pid: process.ppid, start: '1', id: '0123456789abcdef' };
    await writeFile(lock, JSON.stringify(record));
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken over by one of several processes that find it stale', async () => {
    const ended = spawnSync(process.execPath, ['--version']).pid;
    for (let round = 0; round < 20; round += 1) {
      await writeFile(lock, JSON.stringify({ ...thisProcess(), pid: ended, id: hex() }));
      const taken = await Promise.allSettled(Array.from({ length: 8 }, () => lockFile(path)));
      const holders = taken.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      expect(holders).toHaveLength(1);
      await assertLocksHeld();
      await holders[0]();
      expect(await readdir(folder)).toEqual([]);
    }
  }, 60_000);

  it('names the folder that cannot be written', async () => {
    const missing = join(folder, 'missing');
    await expect(lockFile(join(missing, 'file'))).rejects.toMatchObject({
      code: 'bad-input',
      where: missing,
    });
  });
});

const hex = () => randomBytes(8).toString('hex');
/** A lock of a process of which nothing can be proven here. */
const foreign = (host: string) =>
  JSON.stringify({ ...thisProcess(), host, boot: 'another', pid: process.pid, id: hex() });

describe('a lock of another machine', { timeout: 30_000 }, () => {
  it('is held while its file is touched, whatever the clock there', async () => {
    await writeFile(lock, foreign('far'));
    let seconds = 0;
    const beat = setInterval(() => void utimes(lock, seconds, (seconds += 1)), 1000);
    onTestFinished(() => clearInterval(beat));
    await expect(lockFile(path)).rejects.toMatchObject(refusedBy(`process ${process.pid} on far`));
    expect(await readFile(lock, 'utf8')).toContain('"far"');
  });

  it.each([
    ['that nobody touches', () => foreign('far')],
    ['whose process was killed before it had written its name', () => ''],
  ])('%s is taken over after 10 s, by one of several', async (_, text) => {
    await writeFile(lock, text());
    const waits: string[] = [];
    const began = performance.now();
    const takers = Array.from({ length: 3 }, () => lockFile(path, { onWait: (said) => waits.push(said) }));
    const taken = await Promise.allSettled(takers);
    expect(performance.now() - began).toBeGreaterThan(9_900);
    const holders = taken.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(holders).toHaveLength(1);
    expect(waits).toHaveLength(3);
    expect(waits[0]).toMatch(/^Checking for up to 10 s whether another command/);
    await holders[0]();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a process that lost its lock', { timeout: 40_000 }, () => {
  it('is notified, and writes nothing more except to its own files', async () => {
    let tell: (error: Error) => void = () => undefined;
    const told = new Promise<Error>((resolve) => (tell = resolve));
    const unlock = await lockFile(path, { onLost: tell });
    const journal = await openJournal(path);
    const own = await openJournal(join(folder, 'own'), { unlocked: true });
    await journal.append({ line: 1 });
    await writeFile(lock, foreign('far'));
    const refusal = {
      code: 'failed',
      message: `another command (process ${process.pid} on far) took over while this one was suspended`,
      where: path,
    };
    expect(await told).toMatchObject(refusal);
    await expect(journal.append({ line: 2 })).rejects.toMatchObject(refusal);
    await own.append({ line: 3 });
    await journal.close();
    await own.close();
    await unlock();
    // What the other has is left alone.
    expect(await readFile(lock, 'utf8')).toContain('"far"');
    expect(await readFile(path, 'utf8')).toBe('{"line":1}\n');
    expect(await readFile(join(folder, 'own'), 'utf8')).toBe('{"line":3}\n');
  });
});

/** In another PID namespace, as another container has one; on another host, by its name. Only root may make them. */
const isRoot = isLinux && process.getuid?.() === 0;
const unshared =
  isRoot && spawnSync('unshare', ['--pid', '--fork', '--mount-proc', '--uts', 'true']).status === 0;
if (!unshared)
  process.stderr.write('SKIPPED: locks across PID namespaces, which needs root and unshare(1)\n');
const container = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const otherHost = ['unshare', '--uts', 'sh', '-c', 'hostname elsewhere && exec "$@"', 'sh'];

describe.runIf(unshared)('across namespaces', { timeout: 60_000 }, () => {
  test.each([
    ['container', container],
    ['host', otherHost],
  ])('the process of another %s keeps this one out, until it was killed 10 s ago', async (_, words) => {
    const other = await holder(words);
    const { pid, host } = JSON.parse(await readFile(lock, 'utf8')) as { pid: number; host: string };
    await expect(lockFile(path)).rejects.toMatchObject(refusedBy(`process ${pid} on ${host}`));
    other.kill('SIGKILL');
    await once(other, 'exit');
    const began = performance.now();
    await release();
    expect(performance.now() - began).toBeGreaterThan(9_900);
    expect(await readdir(folder)).toEqual([]);
  });

  it('a stopped process notices that it lost its lock before it writes again', async () => {
    const writer = start(
      `await lockFile(path);
       const journal = await openJournal(path);
       await journal.append({ by: 'first' });
       console.log('first line');
       process.stdin.once('data', async () => {
         for (const write of [() => journal.append({ by: 'late' }), () => writeFileAtomic(path, 'late')])
           await write().then(() => console.log('written'), ({ message }) => console.log(message));
         process.exit();
       });`,
      ['unshare', '--pid', '--mount-proc', '--fork', '--kill-child'],
    );
    await writer.hears('first line');
    // The child of unshare is the process itself.
    const child = Number(
      (await readFile(`/proc/${writer.child.pid}/task/${writer.child.pid}/children`, 'utf8')).trim(),
    );
    process.kill(child, 'SIGSTOP');
    const unlock = await lockFile(path);
    const journal = await openJournal(path);
    await journal.append({ by: 'second' });
    // What it is to do waits for it, so that it comes before the first beat.
    writer.child.stdin.write('go');
    process.kill(child, 'SIGCONT');
    await once(writer.child, 'exit');
    expect(writer.said()).not.toContain('written');
    expect(writer.said().match(/took over while this one was suspended/g)).toHaveLength(2);
    await journal.append({ by: 'second' });
    await journal.close();
    await unlock();
    expect(await readFile(path, 'utf8')).toBe('{"by":"first"}\n{"by":"second"}\n{"by":"second"}\n');
    expect(await readdir(folder)).toEqual(['file']);
  });
});
