import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { lockFile } from './file-lock.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-lock-'));
  path = join(folder, 'file');
});
afterEach(() => rm(folder, { recursive: true }));

/** Another process that takes the lock and keeps it, until it is killed. */
async function holder() {
  const source = `
    import { lockFile } from ${JSON.stringify(new URL('../dist/file-lock.js', import.meta.url).href)};
    await lockFile(${JSON.stringify(path)});
    process.stdout.write('held');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

const refusedBy = (pid: number | undefined) => ({
  code: 'failed',
  message: `another command (process ${pid}) is at work here`,
  where: path,
});

describe('lockFile', () => {
  it('keeps this process out while it is held, and leaves nothing behind', async () => {
    const release = await lockFile(path);
    await expect(lockFile(path)).rejects.toMatchObject(refusedBy(process.pid));
    await release();
    await (
      await lockFile(path)
    )();
    expect(await readdir(folder)).toEqual([]);
  });

  it('locks each file for itself', async () => {
    const releases = [await lockFile(path), await lockFile(join(folder, 'file.2'))];
    for (const release of releases) await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps other processes out until they are killed', async () => {
    const other = await holder();
    await expect(lockFile(path)).rejects.toMatchObject(refusedBy(other.pid));
    expect(await readdir(folder)).toEqual([`.file.${other.pid}.lock`]);
    other.kill('SIGKILL');
    await once(other, 'exit');
    await (
      await lockFile(path)
    )();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not held by a process that has ended, nor where its number is that of another now', async () => {
    const ended = spawnSync(process.execPath, ['--version']).pid;
    await writeFile(join(folder, `.file.${ended}.lock`), '');
    if (existsSync('/proc/self/stat')) await writeFile(join(folder, `.file.${process.ppid}.lock`), '1');
    await (
      await lockFile(path)
    )();
    expect(await readdir(folder)).toEqual([]);
  });

  it('names the folder that cannot be written', async () => {
    const missing = join(folder, 'missing');
    await expect(lockFile(join(missing, 'file'))).rejects.toMatchObject({
      code: 'bad-input',
      where: missing,
    });
  });
});
