import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { blankPicture } from './picture.ts';
import { readPlainPicture as readPlain } from './plain-picture.ts';
import { encodePng } from './encode-png.ts';
import { pngChunk } from './png-chunks.ts';

/** A picture of 20 x 12 pixels that is not of one colour. */
function image(channels: 1 | 2 | 3 | 4 = 3) {
  const data = Buffer.from(Array.from({ length: 20 * 12 * channels }, (_, at) => (at * 7) % 256));
  return sharp(data, { raw: { width: 20, height: 12, channels } });
}

/** Without the bytes, which tests of their own look at. */
function readPlainPicture(file: Uint8Array) {
  const { bytes: _bytes, ...header } = readPlain(file) ?? {};
  return 'mediaType' in header ? header : undefined;
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
    ['upright by its EXIF block', async () => withChunk('eXIf', exifBlock(1).subarray(6))],
    ['that says it is sRGB', async () => withChunk('sRGB', Buffer.from([0]))],
  ])('(%s) is plain', async (_, make) => {
    expect(readPlainPicture(await make())).toEqual({ mediaType: 'image/png', ...SIZE });
  });

  it.each([
    ['with transparency', () => image(4).png().toBuffer()],
    ['grey with transparency', () => image(2).toColourspace('b-w').png().toBuffer()],
    ['with 16 bits', () => image().toColourspace('rgb16').png().toBuffer()],
    ['with a colour profile', () => image().withIccProfile('p3').png().toBuffer()],
    ['that is to be turned', async () => withChunk('eXIf', exifBlock(6).subarray(6))],
    ['with a chunk that has to be understood', async () => withChunk('ABCD', Buffer.alloc(4))],
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
    ['with a profile that says sRGB', () => image().withIccProfile('srgb').jpeg().toBuffer()],
    ["with Adobe's usual mark", async () => withSegment(await jpeg(), 0xee, adobe(1))],
    ['with something after its end', async () => Buffer.concat([await jpeg(), await jpeg()])],
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
    ["RGB by Adobe's mark", async () => withSegment(await jpeg(), 0xee, adobe(0))] as const,
    ['with two frames', async () => withFrameTwice(await jpeg())] as const,
    ['of arithmetic coding', async () => withSegment(await jpeg(), 0xcc, Buffer.alloc(2))] as const,
    [
      'of a profile that makes no sense',
      async () => withSegment(await jpeg(), 0xe2, Buffer.from('ICC_PROFILE\0\x01\x01hello')),
    ] as const,
    ['without its end', async () => (await jpeg()).subarray(0, -2)] as const,
    ['cut off', async () => (await jpeg()).subarray(0, -40)] as const,
  ])('(%s) is not plain', async (_, make) => {
    expect(readPlainPicture(await make())).toBeUndefined();
  });
});

/** Adobe's segment, with how colours are stored. */
const adobe = (transform: number) => Buffer.from([...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]);

function withFrameTwice(file: Buffer): Buffer {
  const at = file.indexOf(Buffer.from([0xff, 0xc0]));
  const end = at + 2 + file.readUInt16BE(at + 2);
  return Buffer.concat([file.subarray(0, end), file.subarray(at)]);
}

describe('what is stripped from a plain picture', () => {
  const SECRET = 'Karl-Marx-Allee 1';
  const pixels = async (file: Uint8Array) => sharp(file).raw().toBuffer();

  it.each<[string, () => Promise<Buffer>]>([
    ['EXIF', async () => withSegment(await jpeg(), 0xe1, Buffer.concat([exifBlock(1), Buffer.from(SECRET)]))],
    [
      'XMP',
      async () => withSegment(await jpeg(), 0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${SECRET}`)),
    ],
    ['IPTC', async () => withSegment(await jpeg(), 0xed, Buffer.from(`Photoshop 3.0\0${SECRET}`))],
    ['a comment', async () => withSegment(await jpeg(), 0xfe, Buffer.from(SECRET))],
    ['what a camera adds', async () => withSegment(await jpeg(), 0xe5, Buffer.from(SECRET))],
    ['what follows the end', async () => Buffer.concat([await jpeg(), Buffer.from(SECRET)])],
    [
      'a thumbnail',
      async () =>
        withSegment(await jpeg(), 0xe0, Buffer.from(`JFIF\0\x01\x02\0\0\x01\0\x01\x01\x06${SECRET}`)),
    ],
    ['a text of a PNG', async () => withChunk('tEXt', Buffer.from(`Location\0${SECRET}`))],
    [
      'EXIF of a PNG',
      async () => withChunk('eXIf', Buffer.concat([exifBlock(1).subarray(6), Buffer.from(SECRET)])),
    ],
  ])('is %s, and no pixel changes', async (_, make) => {
    const file = await make();
    const { bytes } = readPlain(file)!;
    expect(file.includes(SECRET)).toBe(true);
    expect(bytes.includes(SECRET)).toBe(false);
    expect((await pixels(bytes)).equals(await pixels(file))).toBe(true);
    expect((await sharp(bytes).metadata()).exif).toBeUndefined();
  });

  it('is an sRGB profile, also of progressive pictures', async () => {
    const file = await image().withIccProfile('srgb').jpeg({ progressive: true }).toBuffer();
    expect((await sharp(file).metadata()).icc).toBeDefined();
    const { bytes } = readPlain(file)!;
    expect((await sharp(bytes).metadata()).icc).toBeUndefined();
    expect((await pixels(bytes)).equals(await pixels(file))).toBe(true);
  });

  it('is nothing if there is only the picture', async () => {
    for (const file of [PNG, await jpeg(), await image().jpeg({ progressive: true }).toBuffer()])
      expect(readPlain(file)!.bytes.equals(file)).toBe(true);
  });
});

describe('anything else', () => {
  it.each(['webp', 'tiff', 'gif', 'avif'] as const)('(%s) is not plain', async (format) => {
    expect(readPlainPicture(await image().toFormat(format).toBuffer())).toBeUndefined();
  });

  it('is not plain: an empty file, text, and invalid headers', async () => {
    const zero = Buffer.from(PNG);
    zero.writeUInt32BE(0, 16);
    const other = Buffer.from(PNG);
    other.write('IDAT', 12, 'latin1');
    for (const bytes of ['', 'hello', '<svg/>', '\x89PNG', '\xff\xd8', '\xff\xd8\xff\xda\0\0'])
      expect(readPlainPicture(Buffer.from(bytes, 'latin1'))).toBeUndefined();
    expect([zero, other].map(readPlainPicture)).toEqual([undefined, undefined]);
  });

  it('never counts as plain if truncated anywhere, and never fails', async () => {
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
