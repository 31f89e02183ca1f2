import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic, writeFolderAtomic } from './atomic-file.ts';
import { processSpace } from './process-identity.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-atomic-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The id of a process that has ended. */
const endedProcess = () => spawnSync(process.execPath, ['--version']).pid;

describe('writeFileAtomic', () => {
  it('writes text, bytes and chunks, and replaces existing contents', async () => {
    const path = join(folder, 'file');
    await writeFileAtomic(path, 'text');
    expect(await readFile(path, 'utf8')).toBe('text');
    await writeFileAtomic(path, Uint8Array.of(1, 2));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    await writeFileAtomic(
      path,
      (async function* () {
        yield Uint8Array.of(3);
        yield new Uint8Array(100_000);
      })(),
    );
    expect((await readFile(path)).length).toBe(100_001);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('keeps the old contents and leaves nothing else if writing fails', async () => {
    const path = join(folder, 'file');
    await writeFileAtomic(path, 'old');
    const chunks = function* () {
      yield Uint8Array.of(1);
      throw new TypeError('no more');
    };
    await expect(writeFileAtomic(path, chunks())).rejects.toThrow(TypeError);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('allows concurrent writes', async () => {
    const path = join(folder, 'file');
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(1000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('removes leftovers of killed processes, but nothing that may be in use', async () => {
    const space = processSpace();
    const ofProcess = (pid: number | undefined, where: string) => `.file.${pid}-999999.${where}.tmp`;
    const day = 25 * 60 * 60;
    const [ended, elsewhere] = [endedProcess(), 'cafecafe'];
    const old = [ofProcess(1, elsewhere), `.file.${ended}-1.tmp`];
    const stale = [ofProcess(ended, space), ofProcess(process.pid, space)];
    // A process of another container may have any number, and be at work.
    const others = [
      ofProcess(process.ppid, space),
      ofProcess(ended, elsewhere),
      `.other.${ended}-1.${space}.tmp`,
    ];
    for (const name of [...old, ...stale, ...others]) await writeFile(join(folder, name), '');
    const yesterday = Date.now() / 1000 - day;
    for (const name of old) await utimes(join(folder, name), yesterday, yesterday);
    await writeFileAtomic(join(folder, 'file'), 'new');
    expect((await readdir(folder)).toSorted()).toEqual(['file', ...others].toSorted());
  });

  it('names the path that cannot be written', async () => {
    const path = join(folder, 'missing', 'file');
    await expect(writeFileAtomic(path, '')).rejects.toMatchObject({
      code: 'bad-input',
      message: 'cannot write the file: it does not exist',
      where: path,
    });
  });
});

describe('writeFolderAtomic', () => {
  const fill = async (temporary: string) => {
    await mkdir(join(temporary, 'sub'));
    await writeFile(join(temporary, 'sub', 'file'), 'text');
  };

  it('creates a folder, also in place of an empty one', async () => {
    for (const name of ['new', 'empty']) {
      const path = join(folder, name);
      if (name === 'empty') await mkdir(path);
      await writeFolderAtomic(path, fill);
      expect(await readFile(join(path, 'sub', 'file'), 'utf8')).toBe('text');
    }
    expect((await readdir(folder)).toSorted()).toEqual(['empty', 'new']);
  });

  it('never overwrites a folder that is not empty', async () => {
    const path = join(folder, 'taken');
    await writeFolderAtomic(path, fill);
    await expect(
      writeFolderAtomic(path, () => Promise.reject(new Error('must not be called'))),
    ).rejects.toMatchObject({
      code: 'bad-input',
      where: path,
    });
  });

  it('reports errors with the final path', async () => {
    const path = join(folder, 'new');
    const failing = (temporary: string) => writeFileAtomic(join(temporary, 'missing', 'file'), '');
    await expect(writeFolderAtomic(path, failing)).rejects.toMatchObject({
      code: 'bad-input',
      where: join(path, 'missing', 'file'),
    });
  });

  it('leaves nothing behind if filling fails', async () => {
    const failing = async (temporary: string) => {
      await fill(temporary);
      throw new TypeError('half-way');
    };
    await expect(writeFolderAtomic(join(folder, 'new'), failing)).rejects.toThrow('half-way');
    expect(await readdir(folder)).toEqual([]);
  });
});
