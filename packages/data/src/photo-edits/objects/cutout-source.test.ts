import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { objectName, openCutouts } from './cutout-source.ts';

/** A red disc of 20 pixels in a transparent sheet of 40. */
async function disc(path: string): Promise<void> {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="15" cy="20" r="10" fill="#e01010"/></svg>';
  await sharp(Buffer.from(svg)).png().toFile(path);
}

describe('objectName', () => {
  it.each([
    ['A toucan.', 'toucan'],
    ['A “Fuji” apple.', 'Fuji apple'],
    ['A Seville orange, also called a bitter orange.', 'Seville orange'],
    ['An African elephant (Loxodonta).', 'African elephant'],
    ['red apple', 'red apple'],
    ['Red apple.', 'red apple'],
    ['A bunch of grapes.', 'bunch of grapes'],
    ['An apple, red.', 'apple'],
    ['A “Sierra Beauty” apple.', 'Sierra Beauty apple'],
    ["A ginger 'root'.", 'ginger root'],
    ['A walnut, in its shell.', 'walnut'],
    ["A lady's slipper!", "lady's slipper"],
  ])('%s', (text, name) => {
    expect(objectName(text)).toBe(name);
  });

  it.each([
    '',
    '12',
    'A ripe, red tomato!',
    'Eat your broccoli!',
    'Some cherries.',
    'This is the way that the moon looks at night.',
    '1f34e',
  ])('%j is none', (text) => {
    expect(objectName(text)).toBeUndefined();
  });
});

describe('openCutouts', () => {
  it('finds names in texts, tables and file names, and sets aside other files', async ({
    onTestFinished,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'objects-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'more'));
    await disc(join(folder, 'a.png'));
    await writeFile(join(folder, 'a.txt'), 'A tomato.\nes.utf8=Un tomate.\n');
    await disc(join(folder, 'red-ball.png'));
    await disc(join(folder, 'more', '1f534.png'));
    await writeFile(join(folder, 'more', 'names.json'), '{"🔴": {"name": "red circle"}}');
    await disc(join(folder, '1f535.png'));
    await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toFile(join(folder, 'flat.png'));
    await writeFile(join(folder, 'broken.png'), 'no picture');

    const { cutouts, setAside, digest } = await openCutouts(folder, 64);
    expect(cutouts.map(({ name }) => name).sort()).toEqual(['red ball', 'red circle', 'tomato']);
    for (const { width, height } of cutouts) expect([width, height]).toEqual([20, 20]);
    expect(setAside.map(({ file }) => file).sort()).toEqual(['1f535.png', 'broken.png', 'flat.png']);
    expect(setAside.find(({ file }) => file === 'flat.png')!.reason).toContain('no transparency');
    expect((await openCutouts(folder, 64)).digest).toBe(digest);
  });

  it('says where to get objects if a folder has none', async ({ onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'objects-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await expect(openCutouts(folder, 64)).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringContaining('tuxpaint-stamps-default'),
    });
  });
});
