import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readPictureHeader } from './picture-header.ts';

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#123456' } });

describe('readPictureHeader', () => {
  it.each([
    ['png', () => picture(300, 7).png()],
    ['png', () => picture(7, 300).png({ progressive: true, palette: true })],
    ['jpeg', () => picture(300, 7).jpeg()],
    ['jpeg', () => picture(7, 300).jpeg({ progressive: true })],
    ['jpeg', () => picture(640, 480).withMetadata({ density: 300, orientation: 6 }).jpeg({ mozjpeg: true })],
    ['jpeg', () => picture(20, 30).toColourspace('cmyk').jpeg()],
    ['webp', () => picture(300, 7).webp()],
    ['tiff', () => picture(300, 7).tiff()],
    ['gif', () => picture(300, 7).gif()],
  ])('reads the same from a %s as the decoder', async (name, make) => {
    const bytes = await make().toBuffer();
    const { width, height } = await sharp(bytes).metadata();
    expect(await readPictureHeader(bytes)).toMatchObject({ width, height, format: { name } });
    // As a part of something larger, as readers of archives give it.
    const padded = Buffer.concat([Buffer.alloc(13), bytes]);
    expect(await readPictureHeader(padded.subarray(13))).toMatchObject({ width, height });
  });

  it('reads a JPEG with bytes between its segments, as decoders do', async () => {
    const plain = await picture(30, 20).jpeg().toBuffer();
    const second = 4 + plain.readUInt16BE(4);
    const bytes = Buffer.concat([plain.subarray(0, second), Buffer.alloc(3), plain.subarray(second)]);
    expect(await readPictureHeader(bytes)).toMatchObject({ width: 30, height: 20, format: { name: 'jpeg' } });
  });

  it('refuses a truncated header, other files, and a missing size', async () => {
    const [png, jpeg] = await Promise.all([
      picture(30, 20).png().toBuffer(),
      picture(30, 20).jpeg().toBuffer(),
    ]);
    const refused = { code: 'bad-input' };
    for (const length of [8, 20, 32])
      await expect(readPictureHeader(png.subarray(0, length))).rejects.toMatchObject(refused);
    for (const length of [3, 20, 100])
      await expect(readPictureHeader(jpeg.subarray(0, length))).rejects.toMatchObject(refused);
    for (const text of ['', '<svg/>', 'BM'])
      await expect(readPictureHeader(Buffer.from(text))).rejects.toMatchObject(refused);
    const flipped = Buffer.from(png);
    flipped[18] ^= 1;
    await expect(readPictureHeader(flipped)).rejects.toMatchObject(refused);
  });

  it('returns a size or refuses, whatever the bytes', async () => {
    const starts = fc.constantFrom(
      [0xff, 0xd8, 0xff],
      [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
      [0x49, 0x49, 0x2a, 0],
    );
    await fc.assert(
      fc.asyncProperty(starts, fc.uint8Array({ maxLength: 200 }), async (start, rest) => {
        const found = await readPictureHeader(Uint8Array.from([...start, ...rest])).catch(
          (error: unknown) => error,
        );
        const isSize =
          typeof found === 'object' && found !== null && 'width' in found && Number(found.width) > 0;
        expect(isSize || (found as { code?: unknown }).code === 'bad-input').toBe(true);
      }),
    );
  });
});
