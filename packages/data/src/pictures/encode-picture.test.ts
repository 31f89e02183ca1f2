import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WRITTEN_FORMATS, encodePicture, writtenFormat } from './encode-picture.ts';
import { readAlpha, resizeAlpha, takenOffWhite } from './picture-alpha.ts';
import { blankPicture } from './picture.ts';
import { readPictureTexts } from './read-picture-texts.ts';
import { readPicture } from './read-picture.ts';
import { readXmpTexts, xmpPacket } from './xmp-texts.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-encode-'));
});
afterAll(() => rm(folder, { recursive: true }));

const picture = blankPicture(20, 10, [200, 100, 50]);

describe('encodePicture', () => {
  const texts = { Settings: '{"instruction":"add <snow> & \\"雪\\" \'é\'"}', Software: 'x' };

  it.each(WRITTEN_FORMATS)('writes a %s with embedded texts that looks the same', async (format) => {
    const path = join(folder, `texts.${format}`);
    await writeFile(
      path,
      await encodePicture(picture, { format, texts, exif: { ImageDescription: 'snow' } }),
    );
    expect(await readPictureTexts(path)).toEqual(texts);
    expect(writtenFormat(path)).toBe(format);
    const read = await readPicture(path);
    expect([read.width, read.height]).toEqual([20, 10]);
    for (const [i, value] of [200, 100, 50].entries())
      expect(Math.abs(read.data[300 + i] - value)).toBeLessThanOrEqual(format === 'png' ? 0 : 4);
    const { exif } = await sharp(path).metadata();
    expect(exif?.includes('snow')).toBe(format === 'png' ? undefined : true);
  });

  it.each([
    ['png', true],
    ['webp', true],
    ['jpeg', false],
  ] as const)('a %s has alpha: %s, and looks like the picture on white', async (format, hasAlpha) => {
    const alpha = { width: 20, height: 10, data: new Uint8Array(200).fill(128) };
    const path = join(folder, `alpha.${format}`);
    const onWhite = blankPicture(20, 10, [228, 178, 153]);
    await writeFile(path, await encodePicture(onWhite, { format, alpha }));
    const read = await readAlpha(path);
    expect(read?.data.every((value) => value === 128)).toBe(hasAlpha ? true : undefined);
    const shown = await readPicture(path);
    for (let i = 0; i < 3; i++)
      expect(Math.abs(shown.data[300 + i] - onWhite.data[i])).toBeLessThanOrEqual(3);
  });

  it('refuses a picture that is too large for the format', async () => {
    const long = { width: 16_384, height: 1, data: new Uint8Array(3 * 16_384) };
    await expect(encodePicture(long, { format: 'webp' })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(encodePicture(long, { format: 'jpeg' })).resolves.toBeInstanceOf(Buffer);
  });
});

it('knows formats by extension', () => {
  expect(['a.PNG', 'b.jpg', 'c.d.jpeg', 'e.webp', 'f.gif', 'png', 'x.png/y'].map(writtenFormat)).toEqual([
    'png',
    'jpeg',
    'jpeg',
    'webp',
    undefined,
    undefined,
    undefined,
  ]);
});

describe('alpha', () => {
  it('is rotated with the picture, also from 16 bits, and undefined if all is opaque', async () => {
    // Opaque to the left; turned, that is above.
    const data = Buffer.alloc(16 * 8 * 4, 255);
    for (let i = 0; i < 16 * 8; i++) if (i % 16 >= 8) data[4 * i + 3] = 51;
    const image = () => sharp(data, { raw: { width: 16, height: 8, channels: 4 } });
    await image().withMetadata({ orientation: 6 }).png().toFile(join(folder, 'turned.png'));
    await image().toColourspace('rgb16').png().toFile(join(folder, 'deep.png'));
    await image().removeAlpha().png().toFile(join(folder, 'opaque.png'));
    const turned = (await readAlpha(join(folder, 'turned.png')))!;
    expect([turned.width, turned.height, turned.data[0], turned.data.at(-1)]).toEqual([8, 16, 255, 51]);
    const deep = (await readAlpha(join(folder, 'deep.png')))!;
    expect([deep.data[0], deep.data[15]]).toEqual([255, 51]);
    expect(await readAlpha(join(folder, 'opaque.png'))).toBeUndefined();
    const left = { left: 0, top: 0, width: 8, height: 8 };
    expect(await readAlpha(join(folder, 'deep.png'), left)).toBeUndefined();
    const half = await resizeAlpha(deep, { width: 8, height: 4 });
    expect([half.data.length, half.data[0], half.data[7]]).toEqual([32, 255, 51]);
  });

  it('is removed from white by reversing the blend', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 255 }), (colour, opaque) => {
        const onWhite = Math.round(255 + (opaque / 255) * (colour - 255));
        const [back] = takenOffWhite(Uint8Array.of(onWhite, 0, 0), Uint8Array.of(opaque));
        const again = 255 + (opaque / 255) * (back - 255);
        expect(Math.abs(again - onWhite)).toBeLessThanOrEqual(0.51);
      }),
    );
  });
});

describe('texts in XMP', () => {
  it('survive a round trip with any text that XML can hold', () => {
    const text = fc
      .string({ unit: 'grapheme' })
      .filter((value) => !/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(value));
    fc.assert(
      fc.property(text, (Settings) => {
        expect(readXmpTexts(xmpPacket({ Settings }))).toEqual({ Settings });
      }),
    );
  });

  it('are found as attributes and under another prefix', () => {
    const packet = `<rdf:Description xmlns:re='urn:rewardedit:texts#' re:Settings="{&quot;a&quot;:1}" dc:x="2"/>`;
    expect(readXmpTexts(packet)).toEqual({ Settings: '{"a":1}' });
    expect(readXmpTexts('<rdf:Description xmlns:other="x" other:Settings="1"/>')).toEqual({});
  });
});
