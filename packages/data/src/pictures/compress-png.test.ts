import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@rewardedit/core';
import { expect, it, onTestFinished } from 'vitest';
import { compressPng } from './compress-png.ts';
import { readPlainPicture } from './plain-picture.ts';
import { readPicture } from './read-picture.ts';

it.each([
  [1, 1],
  [33, 7],
  [300, 200],
])('encodes a picture of %d x %d pixels losslessly as a plain PNG', async (width, height) => {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-compress-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const random = createRandom(width);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  const png = await compressPng({ width, height, data });
  expect(readPlainPicture(png)).toMatchObject({ mediaType: 'image/png', width, height });
  await writeFile(join(folder, 'a.png'), png);
  const read = await readPicture(join(folder, 'a.png'));
  expect([read.width, read.height]).toEqual([width, height]);
  expect(Buffer.from(read.data).equals(Buffer.from(data))).toBe(true);
});

it('gives the same bytes for the same picture, and fewer for a simple one', async () => {
  const data = new Uint8Array(256 * 256 * 3).fill(200);
  const picture = { width: 256, height: 256, data };
  const [one, two] = await Promise.all([compressPng(picture), compressPng(picture)]);
  expect(Buffer.from(one).equals(Buffer.from(two))).toBe(true);
  expect(one.length).toBeLessThan(data.length / 50);
});
