import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { encodePng, readPicture, type Picture } from '@rewardedit/data';
import type Sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  encodeDifferenceFile,
  encodePairFile,
  encodePictureFile,
  type EncodedPicture,
} from './encoded-picture.ts';

// The library that decodes pictures, which is a dependency of another package.
const sharp = createRequire(import.meta.resolve('@rewardedit/data'))('sharp') as typeof Sharp;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-encoded-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

function image(channels: 1 | 2 | 3 | 4 = 3, width = 40, height = 24) {
  const data = Buffer.from(Array.from({ length: width * height * channels }, (_, at) => (at * 7) % 251));
  return sharp(data, { raw: { width, height, channels } });
}

/** What a model sees. */
async function decoded({ bytes }: EncodedPicture): Promise<Picture> {
  return readPicture(await write('sent', bytes));
}

describe('a plain picture', () => {
  it.each([
    [
      'image/png',
      'our own',
      async () => encodePng(await readPicture(await write('x.png', await image().png().toBuffer()))),
    ],
    ['image/jpeg', 'baseline', () => image().jpeg().toBuffer()],
    ['image/jpeg', 'progressive', () => image().jpeg({ progressive: true }).toBuffer()],
    ['image/jpeg', 'grey', () => image(1).toColourspace('b-w').jpeg().toBuffer()],
  ])('(%s, %s) is sent byte for byte', async (mediaType, name, make) => {
    const file = await make();
    const encoded = await encodePictureFile(await write(name, file), 1024);
    expect(encoded).toEqual({
      mediaType,
      bytes: file,
      width: 40,
      height: 24,
      sha256: createHash('sha256').update(file).digest('hex'),
    });
  });
});

const turned = () => image().withMetadata({ orientation: 6 });

describe('a picture that is not plain', () => {
  it.each([
    ['with transparency', () => image(4).png().toBuffer(), [40, 24]],
    ['with 16 bits', () => image().toColourspace('rgb16').png().toBuffer(), [40, 24]],
    ['with a colour profile', () => image().withIccProfile('p3').png().toBuffer(), [40, 24]],
    ['WebP', () => image().webp().toBuffer(), [40, 24]],
    ['TIFF', () => image().tiff().toBuffer(), [40, 24]],
    ['GIF', () => image().gif().toBuffer(), [40, 24]],
  ])('(%s) is sent as a PNG of the same visible pixels', async (name, make, [width, height]) => {
    const path = await write(name, await make());
    const encoded = await encodePictureFile(path, 1024);
    expect(encoded).toMatchObject({ mediaType: 'image/png', width, height });
    const [sent, read] = [await decoded(encoded), await readPicture(path)];
    expect([sent.width, sent.height]).toEqual([width, height]);
    expect(Buffer.from(sent.data).equals(Buffer.from(read.data))).toBe(true);
    // Equal files result in equal questions.
    expect((await encodePictureFile(path, 1024)).sha256).toBe(encoded.sha256);
  });

  it.each([
    ['turned', () => turned().jpeg().toBuffer(), [24, 40]],
    ['turned, with another name', () => turned().jpeg().toBuffer(), [24, 40]],
    ['with another profile', () => image().withIccProfile('p3').jpeg().toBuffer(), [40, 24]],
    ['CMYK', () => image().toColourspace('cmyk').jpeg().toBuffer(), [40, 24]],
  ])(
    '(a JPEG %s) is sent as a JPEG that looks the same, without metadata',
    async (name, make, [width, height]) => {
      const path = await write(`${name}.png`, await make());
      const encoded = await encodePictureFile(path, 1024);
      expect(encoded).toMatchObject({ mediaType: 'image/jpeg', width, height });
      const [sent, read] = [await decoded(encoded), await readPicture(path)];
      expect([sent.width, sent.height]).toEqual([width, height]);
      const differences = sent.data.map((value, at) => Math.abs(value - read.data[at]));
      expect(differences.reduce((sum, each) => sum + each, 0) / differences.length).toBeLessThan(5);
      const { exif, icc, orientation } = await sharp(encoded.bytes).metadata();
      expect([exif, icc, orientation]).toEqual([undefined, undefined, undefined]);
      expect((await encodePictureFile(path, 1024)).sha256).toBe(encoded.sha256);
    },
  );
});

describe('two pictures for a model that accepts one', () => {
  it('are placed side by side', async () => {
    const [left, right] = [
      await write('left.png', await image(3, 40, 24).png().toBuffer()),
      await write('right.png', await image(3, 30, 50).png().toBuffer()),
    ];
    const encoded = await encodePairFile(left, right, 1024);
    expect(encoded).toMatchObject({ mediaType: 'image/png', width: 40 + 16 + 30, height: 50 });
    const [pair, second] = [await decoded(encoded), await readPicture(right)];
    const pixel = ({ data, width }: Picture, x: number, y: number) => [
      ...data.subarray((y * width + x) * 3).slice(0, 3),
    ];
    expect(pixel(pair, 56 + 7, 40)).toEqual(pixel(second, 7, 40));
    expect(pixel(pair, 48, 3)).toEqual([255, 255, 255]);
    expect(await encodePairFile(left, right, 43)).toMatchObject({ width: 43, height: 25 });
  });
});

describe('a difference map', () => {
  it('is black where two pictures are equal, and bright where they differ, whatever the size of the second', async () => {
    const plain = (value: number, width = 12, height = 8) => ({
      ...{ width, height, data: new Uint8Array(width * height * 3).fill(value) },
    });
    const changed = plain(100);
    changed.data.set([100, 130, 90], 3 * 5);
    changed.data.set([255, 0, 100], 3 * 6);
    const [a, b, large] = await Promise.all(
      [plain(100), changed, plain(100, 24, 16)].map(async (picture, at) =>
        write(
          `map-${at}.png`,
          await sharp(picture.data, { raw: { ...picture, channels: 3 } })
            .png()
            .toBuffer(),
        ),
      ),
    );
    const map = await decoded(await encodeDifferenceFile(a, b, 1024));
    expect([...map.data.subarray(3 * 4, 3 * 7)]).toEqual([0, 0, 0, 120, 120, 120, 255, 255, 255]);
    expect(map.data.reduce((sum, value) => sum + value, 0)).toBe(3 * (120 + 255));
    const same = await encodeDifferenceFile(a, large, 1024);
    expect(same).toMatchObject({ mediaType: 'image/png', width: 12, height: 8 });
    expect(Math.max(...(await decoded(same)).data)).toBe(0);
  });
});

describe('a large picture', () => {
  it.each([
    [400, 200, 100, [100, 50]],
    [200, 400, 100, [50, 100]],
    [400, 1, 100, [100, 1]],
    [101, 100, 100, [100, 99]],
    [100, 100, 100, [100, 100]],
  ])('(%d x %d for %d) is shrunk', async (width, height, most, [fitted, high]) => {
    const path = await write('large.jpg', await image(3, width, height).jpeg().toBuffer());
    const encoded = await encodePictureFile(path, most);
    expect(encoded).toMatchObject({
      mediaType: 'image/jpeg',
      width: fitted,
      height: high,
    });
    const sent = await decoded(encoded);
    expect([sent.width, sent.height]).toEqual([fitted, high]);
  });

  it('in bytes, because of its metadata, is sent without that', async () => {
    const png = await image().png().toBuffer();
    const body = Buffer.concat([Buffer.from('tEXta\0'), Buffer.alloc(100_000, 'x')]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length - 4);
    sum.writeUInt32BE(crc32(body));
    const path = await write(
      'stuffed.png',
      Buffer.concat([png.subarray(0, 33), length, body, sum, png.subarray(33)]),
    );
    const encoded = await encodePictureFile(path, 1024);
    expect(encoded.bytes.length).toBeLessThan(png.length + 1000);
    const [sent, read] = [await decoded(encoded), await readPicture(path)];
    expect(Buffer.from(sent.data).equals(Buffer.from(read.data))).toBe(true);
  });
});

describe('an unreadable picture', () => {
  it.each([
    ['missing', undefined],
    ['empty', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['a drawing that may load other files', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ])('(%s) is bad input', async (name, bytes) => {
    const path = bytes === undefined ? join(folder, name) : await write(name, bytes);
    await expect(encodePictureFile(path, 1024)).rejects.toMatchObject({ code: 'bad-input', where: path });
  });

  it.each(['png', 'jpeg', 'webp'] as const)('(a truncated %s) is bad input', async (format) => {
    const file = await image(3, 300, 200).toFormat(format).toBuffer();
    const path = await write(`cut.${format}`, file.subarray(0, file.length * 0.6));
    await expect(encodePictureFile(path, 1024)).rejects.toMatchObject({ code: 'bad-input', where: path });
  });

  it('(one that claims to be huge) is bad input', async () => {
    const png = Buffer.from(await image().png().toBuffer());
    png.writeUInt32BE(30_000, 16);
    png.writeUInt32BE(30_000, 20);
    const path = await write('huge.png', png);
    await expect(encodePictureFile(path, 1024)).rejects.toMatchObject({ code: 'bad-input', where: path });
  });
});
