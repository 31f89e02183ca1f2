import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPicture } from './read-picture.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-pictures-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string) => join(folder, name);
const halves = (left: readonly number[], right: readonly number[], side = 16) => {
  const data = Buffer.alloc(side * side * left.length);
  for (let i = 0; i < side * side; i++) data.set(i % side < side / 2 ? left : right, i * left.length);
  return sharp(data, { raw: { width: side, height: side, channels: left.length as 1 | 2 | 3 | 4 } });
};
const pixel = (picture: { width: number; data: Uint8Array }, x: number, y: number) => {
  const at = (y * picture.width + x) * 3;
  return [...picture.data.subarray(at, at + 3)];
};

/** A PNG of the given claimed size whose pixels are `rows`, compressed. */
function png(width: number, height: number, compressed: Uint8Array): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1; // one bit a pixel
  header[9] = 0; // grey
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', compressed),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('readPicture', () => {
  it.each(['png', 'webp', 'tiff', 'gif', 'jpeg'] as const)('reads %s', async (format) => {
    const path = file(`halves.${format}`);
    await halves([200, 0, 0], [0, 0, 200])
      .toFormat(format, format === 'webp' ? { lossless: true } : {})
      .toFile(path);
    const picture = await readPicture(path);
    expect([picture.width, picture.height, picture.data.length]).toEqual([16, 16, 768]);
    const [red, , blue] = pixel(picture, 2, 8);
    expect(red).toBeGreaterThan(180);
    expect(blue).toBeLessThan(30);
    expect(pixel(picture, 14, 8)[2]).toBeGreaterThan(180);
  });

  it('flattens transparency onto white', async () => {
    await halves([255, 0, 0, 0], [255, 0, 0, 128]).png().toFile(file('alpha.png'));
    const picture = await readPicture(file('alpha.png'));
    expect(pixel(picture, 0, 0)).toEqual([255, 255, 255]);
    expect(pixel(picture, 15, 0)).toEqual([255, 127, 127]);
  });

  it('converts grey, grey with alpha, 16-bit and CMYK pictures to 8-bit RGB', async () => {
    await halves([10], [250]).toColourspace('b-w').png().toFile(file('grey.png'));
    expect(pixel(await readPicture(file('grey.png')), 15, 3)).toEqual([250, 250, 250]);

    await halves([0, 0], [200, 255]).toColourspace('b-w').png().toFile(file('grey-alpha.png'));
    expect(pixel(await readPicture(file('grey-alpha.png')), 0, 3)).toEqual([255, 255, 255]);
    expect(pixel(await readPicture(file('grey-alpha.png')), 15, 3)).toEqual([200, 200, 200]);

    await halves([0, 0, 0], [255, 128, 0]).toColourspace('rgb16').png().toFile(file('deep.png'));
    expect((await sharp(file('deep.png')).metadata()).depth).toBe('ushort');
    expect(pixel(await readPicture(file('deep.png')), 15, 3)).toEqual([255, 128, 0]);

    await halves([255, 255, 255], [255, 0, 0]).toColourspace('cmyk').jpeg().toFile(file('cmyk.jpg'));
    expect((await sharp(file('cmyk.jpg')).metadata()).channels).toBe(4);
    const [red, green, blue] = pixel(await readPicture(file('cmyk.jpg')), 14, 8);
    expect(red).toBeGreaterThan(180);
    expect(Math.max(green, blue)).toBeLessThan(90);
  });

  it('applies the EXIF orientation', async () => {
    await halves([255, 255, 255], [0, 0, 0])
      .withMetadata({ orientation: 6 })
      .png()
      .toFile(file('turned.png'));
    const picture = await readPicture(file('turned.png'));
    expect(pixel(picture, 15, 0)).toEqual([255, 255, 255]);
    expect(pixel(picture, 0, 15)).toEqual([0, 0, 0]);
  });

  it('crops to the centre and resizes, or shrinks to a shorter side', async () => {
    await halves([255, 255, 255], [0, 0, 0], 64)
      .extract({ left: 0, top: 16, width: 64, height: 32 })
      .png()
      .toFile(file('wide.png'));
    const fitted = await readPicture(file('wide.png'), { fit: { width: 8, height: 8 } });
    expect([fitted.width, fitted.height, pixel(fitted, 0, 0)[0], pixel(fitted, 7, 7)[0]]).toEqual([
      8, 8, 255, 0,
    ]);
    const shrunk = await readPicture(file('wide.png'), { shorterSide: 16 });
    expect([shrunk.width, shrunk.height]).toEqual([32, 16]);
    const kept = await readPicture(file('wide.png'), { shorterSide: 100 });
    expect([kept.width, kept.height]).toEqual([64, 32]);
  });

  it('notices that a file was rewritten', async () => {
    for (const format of ['png', 'tiff'] as const) {
      for (const level of [10, 200]) {
        await halves([level, level, level], [0, 0, 0])
          .toFormat(format)
          .toFile(file(`anew.${format}`));
        expect(pixel(await readPicture(file(`anew.${format}`)), 0, 0)).toEqual([level, level, level]);
      }
    }
  });

  it('refuses a picture with too many pixels from its header', async () => {
    // No pixels at all behind the header: whoever decodes this fails in another way.
    await writeFile(file('claim.png'), png(30_000, 30_000, deflateSync(Buffer.alloc(10))));
    await expect(readPicture(file('claim.png'))).rejects.toMatchObject({
      code: 'bad-input',
      message: 'the picture has 30000 x 30000 pixels, more than the limit of 64000000',
      where: file('claim.png'),
    });
    // A real one: 900 million black pixels in 110 kB.
    await writeFile(file('bomb.png'), png(30_000, 30_000, deflateSync(Buffer.alloc(3751 * 30_000))));
    const before = process.memoryUsage().rss;
    await expect(readPicture(file('bomb.png'))).rejects.toMatchObject({ code: 'bad-input' });
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    await expect(readPicture(file('alpha.png'), { maxPixels: 255 })).rejects.toThrow('16 x 16 pixels');
  });

  it.each(['png', 'jpeg', 'webp', 'tiff', 'gif'] as const)('refuses a truncated %s file', async (format) => {
    const path = file(`broken.${format}`);
    const noise = Buffer.from(Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31 + i * 7) % 251));
    await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toFile(path);
    await truncate(path, Math.floor((await readFile(path)).length * 0.6));
    await expect(readPicture(path)).rejects.toMatchObject({ code: 'bad-input', where: path });
  });

  it('refuses a missing or empty file, a folder, and other formats', async () => {
    await writeFile(file('empty.png'), '');
    await writeFile(file('text.png'), 'not a picture');
    await writeFile(
      file('drawing.png'),
      '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"></svg>',
    );
    for (const path of [
      file('missing.png'),
      file('empty.png'),
      folder,
      file('text.png'),
      file('drawing.png'),
    ]) {
      await expect(readPicture(path)).rejects.toMatchObject({ code: 'bad-input', where: path });
    }
  });
});
