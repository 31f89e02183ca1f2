import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { samplePicture, temporaryFolder } from '../dataset.test.helper.ts';
import { pictureCell } from './picture-bytes.ts';

async function read(cell: unknown, folder = '/nowhere'): Promise<Uint8Array> {
  const fetch = async (url: string) => Buffer.from(`fetched ${url}`);
  return pictureCell(cell, 'input', 'rows.jsonl:1', { folder, fetch })();
}

describe('pictureCell', () => {
  it('reads bytes, structs, data URIs, base64, URLs and paths', async () => {
    const folder = await temporaryFolder(onTestFinished);
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const picture = await samplePicture(1, format);
      const base64 = picture.toString('base64');
      await writeFile(join(folder, 'a.picture'), picture);
      const cells = [
        picture,
        { bytes: picture, path: null },
        { bytes: null, path: 'a.picture' },
        { path: 'a.picture' },
        { bytes: base64, path: 'elsewhere.png' },
        `data:image/${format};base64,${base64}`,
        base64,
        'a.picture',
      ];
      for (const cell of cells) expect(Buffer.from(await read(cell, folder)).equals(picture)).toBe(true);
    }
    expect(Buffer.from(await read('HTTPS://example.org/a.png')).toString()).toBe(
      'fetched HTTPS://example.org/a.png',
    );
  });

  it.each([[null], [undefined], [''], [{ bytes: null, path: null }]])(
    'says that there is no picture in %j',
    async (cell) => {
      await expect(read(cell)).rejects.toMatchObject({
        code: 'bad-input',
        message: 'there is no picture in the column input',
        where: 'rows.jsonl:1',
      });
    },
  );

  it.each([
    [7, 'a value of another type'],
    [true, 'a value of another type'],
    [[1], 'a value of another type'],
    [{ width: 3 }, 'a value of another type'],
    [['a.png', 'b.png'], 'a list of 2'],
  ])('says that %j is not a picture', async (cell, what) => {
    await expect(read(cell)).rejects.toMatchObject({
      message: `there is ${what} instead of a picture in the column input`,
    });
  });

  it.each([
    '../a.png',
    '/etc/passwd',
    'a/../../b.png',
    'C:\\a.png',
    '\\\\host\\a.png',
    'a\\..\\b',
    'a\0.png',
  ])('does not follow the path %j', async (name) => {
    await expect(read(name)).rejects.toMatchObject({ code: 'bad-input', where: 'rows.jsonl:1' });
    await expect(read({ path: name })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it.each(['data:text/html;base64,PGI+', 'data:image/png,abc', 'data:image/png;base64,@@@', 'data:'])(
    'refuses the data URI %s',
    async (uri) => {
      await expect(read(uri)).rejects.toMatchObject({
        code: 'bad-input',
        message: 'the data: URI is not a picture in base64',
      });
    },
  );

  it('refuses a named pipe and a folder', async () => {
    const folder = await temporaryFolder(onTestFinished);
    await mkdir(join(folder, 'folder'));
    await expect(read('folder', folder)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(read('missing.png', folder)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(read(`${'x'.repeat(5000)}.png`, folder)).rejects.toMatchObject({ code: 'bad-input' });
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(folder, 'pipe.png')]);
    await expect(read('pipe.png', folder)).rejects.toMatchObject({
      code: 'bad-input',
      message: 'not a regular file',
    });
  });
});
