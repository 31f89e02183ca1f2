import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { blankPicture } from './picture.ts';
import { readPlainPicture } from './plain-picture.ts';
import { encodePng } from './encode-png.ts';
import { pngChunk } from './png-chunks.ts';

/** A picture of 20 x 12 pixels that is not of one colour. */
function image(channels: 1 | 2 | 3 | 4 = 3) {
  const data = Buffer.from(Array.from({ length: 20 * 12 * channels }, (_, at) => (at * 7) % 256));
  return sharp(data, { raw: { width: 20, height: 12, channels } });
}

const SIZE = { width: 20, height: 12 };
const PNG = encodePng(blankPicture(20, 12));
const END_OF_HEADER = 33;

/** The PNG with a chunk more after its header. */
const withChunk = (type: string, data: Uint8Array) =>
  Buffer.concat([PNG.subarray(0, END_OF_HEADER), pngChunk(type, data), PNG.subarray(END_OF_HEADER)]);

/** The JPEG with a segment more after its first marker. */
const withSegment = (jpeg: Buffer, marker: number, data: Uint8Array) => {
  const segment = Buffer.alloc(4);
  segment.set([0xff, marker]);
  segment.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), segment, data, jpeg.subarray(2)]);
};

describe('a PNG', () => {
  it.each([
    ['our own', async () => PNG],
    ['RGB', () => image().png().toBuffer()],
    ['grey', () => image(1).toColourspace('b-w').png().toBuffer()],
    ['with a palette', () => image().png({ palette: true }).toBuffer()],
    ['interlaced', () => image().png({ progressive: true }).toBuffer()],
    ['with a text', async () => withChunk('tEXt', Buffer.from('a\0b'))],
    ['that says it is sRGB', async () => withChunk('sRGB', Buffer.from([0]))],
  ])('(%s) is plain', async (_, make) => {
    expect(readPlainPicture(await make())).toEqual({ mediaType: 'image/png', ...SIZE });
  });

  it.each([
    ['with transparency', () => image(4).png().toBuffer()],
    ['grey with transparency', () => image(2).toColourspace('b-w').png().toBuffer()],
    ['with 16 bits', () => image().toColourspace('rgb16').png().toBuffer()],
    ['with a colour profile', () => image().withIccProfile('p3').png().toBuffer()],
    ['that is to be turned', () => image().withMetadata({ orientation: 6 }).png().toBuffer()],
    ['with a gamma', async () => withChunk('gAMA', Buffer.from([0, 0, 177, 143]))],
    ['with a transparent colour', async () => withChunk('tRNS', Buffer.alloc(6))],
    ['that moves', async () => withChunk('acTL', Buffer.alloc(8))],
    ['without its end', async () => PNG.subarray(0, -12)],
    ['with something after its end', async () => Buffer.concat([PNG, Buffer.from('<html>')])],
  ])('(%s) is not plain', async (_, make) => {
    expect(readPlainPicture(await make())).toBeUndefined();
  });
});

const jpeg = () => image().jpeg().toBuffer();

/** An EXIF block with an orientation, in either order of bytes. */
function exifBlock(orientation: number, little = false): Buffer {
  const tiff = Buffer.alloc(26);
  const write16 = (value: number, at: number) =>
    little ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at);
  const write32 = (value: number, at: number) =>
    little ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at);
  tiff.write(little ? 'II' : 'MM', 'latin1');
  write16(42, 2);
  write32(8, 4);
  write16(1, 8);
  write16(0x0112, 10);
  write16(3, 12);
  write32(1, 14);
  write16(orientation, 18);
  return Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
}

const withExif = async (orientation: number, little?: boolean) =>
  withSegment(await jpeg(), 0xe1, exifBlock(orientation, little));

describe('a JPEG', () => {
  it.each([
    ['baseline', jpeg],
    ['progressive', () => image().jpeg({ progressive: true }).toBuffer()],
    ['grey', () => image(1).toColourspace('b-w').jpeg().toBuffer()],
    ['upright by its EXIF block', () => withExif(1)],
    ['upright by a block in the other order of bytes', () => withExif(1, true)],
    ['with a comment', async () => withSegment(await jpeg(), 0xfe, Buffer.from('Exif\0\0 hello'))],
    [
      'with other metadata',
      async () => withSegment(await jpeg(), 0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0<x/>')),
    ],
  ])('(%s) is plain', async (_, make) => {
    expect(readPlainPicture(await make())).toEqual({ mediaType: 'image/jpeg', ...SIZE });
  });

  it.each([
    ...[0, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((orientation) => [
      [`turned ${orientation}`, () => withExif(orientation)] as const,
      [`turned ${orientation}, in the other order of bytes`, () => withExif(orientation, true)] as const,
    ]),
    ['CMYK', () => image().toColourspace('cmyk').jpeg().toBuffer()] as const,
    ['with a colour profile', () => image().withIccProfile('p3').jpeg().toBuffer()] as const,
    ["with Adobe's mark", async () => withSegment(await jpeg(), 0xee, Buffer.from('Adobe'))] as const,
    ['without its end', async () => (await jpeg()).subarray(0, -2)] as const,
    ['cut off', async () => (await jpeg()).subarray(0, -40)] as const,
  ])('(%s) is not plain', async (_, make) => {
    expect(readPlainPicture(await make())).toBeUndefined();
  });
});

describe('anything else', () => {
  it.each(['webp', 'tiff', 'gif', 'avif'] as const)('(%s) is not plain', async (format) => {
    expect(readPlainPicture(await image().toFormat(format).toBuffer())).toBeUndefined();
  });

  it('is not plain: nothing, text, and headers that make no sense', async () => {
    const zero = Buffer.from(PNG);
    zero.writeUInt32BE(0, 16);
    const other = Buffer.from(PNG);
    other.write('IDAT', 12, 'latin1');
    for (const bytes of ['', 'hello', '<svg/>', '\x89PNG', '\xff\xd8', '\xff\xd8\xff\xda\0\0'])
      expect(readPlainPicture(Buffer.from(bytes, 'latin1'))).toBeUndefined();
    expect([zero, other].map(readPlainPicture)).toEqual([undefined, undefined]);
  });

  it('is never taken for plain where the file is cut off anywhere, and never fails', async () => {
    for (const bytes of [PNG, await jpeg(), await withExif(1)])
      for (let size = 0; size < bytes.length; size++)
        expect(readPlainPicture(bytes.subarray(0, size))).toBeUndefined();
  });

  it('never fails, whatever the bytes', async () => {
    const files = [PNG, await jpeg(), await withExif(6)];
    const mutation = fc.record({
      file: fc.constantFrom(...files),
      changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(mutation, fc.uint8Array({ maxLength: 200 }), ({ file, changes }, random) => {
        const changed = Buffer.from(file);
        // Most of what matters stands in the first bytes.
        for (const [at, value] of changes) changed[at % Math.min(changed.length, 200)] = value;
        for (const bytes of [changed, random]) {
          const { width = 1, height = 1 } = readPlainPicture(bytes) ?? {};
          expect(Math.min(width, height)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
