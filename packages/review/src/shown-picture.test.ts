import { execFileSync } from 'node:child_process';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { blankPicture, encodePng, readPicture, type Picture } from '@rewardedit/data';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './dataset.test.helper.ts';
import { shownPicture } from './shown-picture.ts';

/** Left half red, right half blue, to show the orientation. */
function halves(width = 40, height = 20): Picture {
  const picture = blankPicture(width, height, [220, 30, 30]);
  for (let at = 0; at < picture.data.length; at += 3)
    if ((at / 3) % width >= width / 2) picture.data.set([30, 30, 220], at);
  return picture;
}

const raw = () => {
  const { width, height, data } = halves();
  return sharp(data, { raw: { width, height, channels: 3 } });
};

async function fileOf(name: string, content: Buffer | string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

/** A PNG with an additional chunk after its header. */
function withChunk(png: Buffer, type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(8 + body.length);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

describe('shownPicture', () => {
  it.each([
    ['a.png', () => Promise.resolve(encodePng(halves())), 'image/png'],
    ['b.jpg', () => raw().jpeg().toBuffer(), 'image/jpeg'],
    ['turned.jpg', () => raw().jpeg().withMetadata({ orientation: 6 }).toBuffer(), 'image/jpeg'],
    ['c.webp', () => raw().webp({ lossless: true }).toBuffer(), 'image/webp'],
    // The name does not reveal the format.
    ['png.jpg', () => Promise.resolve(encodePng(halves())), 'image/png'],
  ])('gives %s as it is', async (name, make, mediaType) => {
    const content = await make();
    const shown = await shownPicture(await fileOf(name, content));
    expect(shown.mediaType).toBe(mediaType);
    expect(shown.bytes.equals(content)).toBe(true);
  });

  it.each([
    ['a.tiff', () => raw().tiff().toBuffer()],
    ['b.gif', () => raw().gif().toBuffer()],
    ['turned.png', () => raw().png().withMetadata({ orientation: 6 }).toBuffer()],
    ['turned.webp', () => raw().webp().withMetadata({ orientation: 6 }).toBuffer()],
    [
      'animated.png',
      () => Promise.resolve(withChunk(encodePng(halves()), 'acTL', Buffer.from('0000000200000000', 'hex'))),
    ],
  ])('gives %s, which browsers show otherwise or not at all, as it is read here', async (name, make) => {
    const path = await fileOf(name, await make());
    const shown = await shownPicture(path);
    expect(shown.mediaType).toBe('image/png');
    const decoded = await readPicture(await fileOf('shown.png', shown.bytes));
    expect(decoded).toEqual(await readPicture(path));
  });

  it('shrinks a picture for the list, and leaves a small one unchanged', async () => {
    const path = await fileOf('large.png', encodePng(halves(400, 300)));
    const size = async (side: number) => {
      const { width, height } = await readPicture(
        await fileOf('small.png', (await shownPicture(path, side)).bytes),
      );
      return [width, height];
    };
    expect(await size(60)).toEqual([80, 60]);
    expect(await size(1000)).toEqual([400, 300]);
  });

  it('rejects what judges reject: not a picture, one with scripts, a damaged one, a missing one', async () => {
    const cut = await fileOf('cut.jpg', await raw().jpeg().toBuffer());
    await truncate(cut, (await readFile(cut)).length - 200);
    const folder = await temporaryFolder();
    const refused = [
      await fileOf('page.png', '<script>alert(1)</script>'),
      await fileOf('picture.svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
      cut,
      join(folder, 'missing.png'),
      folder,
    ];
    for (const path of refused)
      await expect(shownPicture(path)).rejects.toMatchObject({ code: 'bad-input', where: path });
  });

  it.skipIf(process.platform === 'win32')('does not wait for a pipe', async () => {
    const path = join(await temporaryFolder(), 'pipe.png');
    execFileSync('mkfifo', [path]);
    await expect(shownPicture(path)).rejects.toMatchObject({
      code: 'bad-input',
      message: 'this is not a file',
    });
  });
});
