import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('makeFolder', () => {
  it('creates missing parents, accepts an existing folder, and follows links', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await makeFolder(path);
    await makeFolder(path);
    await symlink(path, join(folder, 'link'));
    await makeFolder(join(folder, 'link'));
    await makeFolder(join(folder, 'link', 'd'));
    expect((await stat(join(path, 'd'))).isDirectory()).toBe(true);
  });

  it('can create the same folder concurrently', async () => {
    for (let round = 0; round < 50; round++) {
      const path = join(folder, String(round), 'a', 'b', 'c', 'd');
      await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)));
      expect(existsSync(path)).toBe(true);
    }
  });

  it('reports a file in the way', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const name of ['file', 'file/b', 'file/b/c']) {
      const where = join(folder, name);
      await expect(makeFolder(where), name).rejects.toMatchObject({ code: 'bad-input', where });
    }
  });

  it.runIf(existsSync('/proc/self'))('ends where the file system takes no folders', async () => {
    for (const path of ['/proc/rewardedit', '/proc/rewardedit/a/b']) {
      await expect(makeFolder(path), path).rejects.toMatchObject({
        code: 'bad-input',
        where: '/proc/rewardedit',
        message: 'cannot make the folder: the file system does not allow new ones',
      });
    }
  });
});
