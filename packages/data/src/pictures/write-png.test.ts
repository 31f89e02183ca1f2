import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePng } from './decode-png.ts';
import { encodePng } from './encode-png.ts';
import { blankPicture } from './picture.ts';
import { readPicture } from './read-picture.ts';
import { readPngText } from './read-png-text.ts';
import { writePng } from './write-png.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-png-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string) => join(folder, name);
const picture = { width: 5, height: 3, data: Uint8Array.from({ length: 45 }, (_, i) => i * 5) };

describe('writePng', () => {
  it('writes what readPicture reads back', async () => {
    await writePng(file('plain.png'), picture);
    expect(await readPicture(file('plain.png'))).toEqual(picture);
    expect(await readPngText(file('plain.png'))).toEqual({});
  });

  it('carries texts, and stays a valid PNG', async () => {
    const text = { instruction: 'rendre la scène plus froide ❄', settings: '{"steps":10}', empty: '' };
    await writePng(file('text.png'), picture, { text });
    expect(await readPngText(file('text.png'))).toEqual(text);
    expect(await readPicture(file('text.png'))).toEqual(picture);
    const { comments } = await sharp(file('text.png')).metadata();
    expect(comments?.find(({ keyword }) => keyword === 'settings')?.text).toBe('{"steps":10}');
  });

  it('writes pictures of every sort of detail, which other decoders read too', async () => {
    const side = 40;
    const values: Record<string, (x: number, y: number, c: number) => number> = {
      flat: () => 200,
      across: (x, _y, c) => x * (c + 1),
      down: (_x, y, c) => y * (c + 3),
      diagonal: (x, y) => (x + y) * 5,
      noisy: (x, y, c) => Math.sin(x * 12.9 + y * 78.2 + c * 37.7) * 43_758.5,
    };
    const sizes: Record<string, number> = {};
    for (const [name, value] of Object.entries(values)) {
      const data = Uint8Array.from({ length: side * side * 3 }, (_, i) =>
        value(Math.floor(i / 3) % side, Math.floor(i / 3 / side), i % 3),
      );
      const png = encodePng({ width: side, height: side, data });
      expect(new Uint8Array(await sharp(png).raw().toBuffer())).toEqual(data);
      expect(decodePng(png, side * side)).toEqual({ width: side, height: side, data });
      sizes[name] = png.length;
    }
    const { noisy, ...smooth } = sizes;
    expect(Math.max(...Object.values(smooth))).toBeLessThan(300);
    expect(noisy).toBeGreaterThan(4500);
  });

  it('gives the same bytes for the same picture', () => {
    expect(encodePng(picture)).toEqual(encodePng({ ...picture, data: Uint8Array.from(picture.data) }));
  });

  it('refuses a keyword that PNG does not allow', () => {
    for (const keyword of ['', ' space', 'x'.repeat(80), 'zero\0']) {
      expect(() => encodePng(picture, { text: { [keyword]: 'x' } })).toThrow('is not a valid keyword');
    }
  });
});

describe('decodePng', () => {
  const png = encodePng(picture, { text: { settings: 'none' } });

  it('leaves to others what is not plain, too large, or damaged in any byte', async () => {
    const other = sharp(Buffer.from(picture.data), { raw: { width: 5, height: 3, channels: 3 } });
    const others = [
      await other.clone().png({ palette: true }).toBuffer(),
      await other.clone().png({ progressive: true }).toBuffer(),
      await other.clone().ensureAlpha().png().toBuffer(),
      await other.clone().greyscale().png().toBuffer(),
      await other.clone().withMetadata({ orientation: 6 }).png().toBuffer(),
      await other.clone().jpeg().toBuffer(),
    ];
    expect(others.map((file) => decodePng(file, 100))).toEqual(others.map(() => undefined));
    expect(decodePng(png, 14)).toBeUndefined();
    expect(decodePng(png, 15)).toEqual(picture);
    const accepted = Array.from({ length: png.length }, (_, at) => at).filter((at) => {
      const damaged = Buffer.from(png);
      damaged[at] ^= 0x10;
      return decodePng(damaged, 100) !== undefined;
    });
    expect(accepted).toEqual([]);
    const shortened = Array.from({ length: png.length }, (_, length) =>
      decodePng(png.subarray(0, length), 100),
    );
    expect(shortened.filter((result) => result !== undefined)).toEqual([]);
  });
});

describe('readPngText', () => {
  it('refuses what is no PNG, breaks off, or was changed', async () => {
    await writePng(file('whole.png'), blankPicture(4, 4), { text: { a: 'the text in question' } });
    const bytes = await readFile(file('whole.png'));
    const changed = Buffer.from(bytes);
    changed[bytes.indexOf('question')] ^= 1;
    const cases: Record<string, Buffer> = {
      'none.png': Buffer.from('no picture'),
      'short.png': bytes.subarray(0, bytes.length - 5),
      'changed.png': changed,
    };
    for (const [name, content] of Object.entries(cases)) {
      await writeFile(file(name), content);
      await expect(readPngText(file(name))).rejects.toMatchObject({ code: 'bad-input', where: file(name) });
    }
    await expect(readPngText(file('missing.png'))).rejects.toMatchObject({ code: 'bad-input' });
  });
});
