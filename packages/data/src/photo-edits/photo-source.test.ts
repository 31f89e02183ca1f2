import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventBody } from '@rewardedit/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodePng } from '../pictures/encode-png.ts';
import { blankPicture } from '../pictures/picture.ts';
import { openPhotoSource } from './photo-source.ts';
import { writePhotoEdits } from './write-photo-edits.ts';

async function folderOf(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-photos-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

const whole = encodePng(blankPicture(64, 64, [200, 90, 40]));
const cut = whole.subarray(0, 60);

describe('a folder of photos', () => {
  it('sets aside what cannot be decoded, and takes the next', async () => {
    const source = await openPhotoSource(await folderOf({ 'a.png': cut, 'b.png': whole }), 16);
    const taken = new Set<string>();
    for (let index = 0; index < 40; index += 4) taken.add((await source.photoFor(1, index)).name);
    expect([...taken]).toEqual(['b.png']);
    expect([...source.setAside]).toEqual([['a.png', expect.stringMatching(/damaged|cannot be decoded/)]]);
  });

  it('says so where none can be decoded', async () => {
    const source = await openPhotoSource(await folderOf({ 'a.png': cut }), 16);
    await expect(source.photoFor(1, 0)).rejects.toMatchObject({
      code: 'bad-input',
      message: 'none of the photos can be decoded',
    });
  });

  it('tells of photos that are not used, and why, and passes over what a Mac leaves', async () => {
    const photos = await folderOf({
      '._b.png': cut,
      'a.png': cut,
      'b.png': whole,
      'c.HEIC': cut,
      'd.txt': cut,
    });
    const events: EventBody[] = [];
    const folder = join(photos, 'out');
    const made = await writePhotoEdits({
      ...{ folder, photos, count: 8, seed: 1, size: 16 },
      emit: (event) => void events.push(event),
    });
    expect(made).toEqual({ written: 8, setAside: 1 });
    expect(events).toContainEqual({
      type: 'warning',
      message: '1 files are not used because their formats are not supported: c.HEIC',
    });
    expect(events.filter(({ type }) => type === 'quarantined')).toMatchObject([{ id: 'a.png' }]);
  });

  it('lets the same command go on once a broken photo is gone, with the same triplets, and refuses other photos', async () => {
    const shades = [40, 90, 140, 190].map((shade) => encodePng(blankPicture(64, 64, [shade, 90, 40])));
    const files = { 'a.png': cut, 'b.png': shades[0], 'c.png': shades[1], 'd.png': shades[2] };
    const photos = await folderOf(files);
    const made = (name: string, count: number) =>
      writePhotoEdits({ folder: join(photos, name), photos, count, seed: 1, size: 16 });
    const linesOf = (name: string) => readFile(join(photos, name, 'metadata.jsonl'), 'utf8');
    expect(await made('whole', 24)).toMatchObject({ setAside: 1 });
    await made('parts', 6);
    await rm(join(photos, 'a.png'));
    expect(await made('parts', 24)).toEqual({ written: 18, setAside: 1 });
    expect(await linesOf('parts')).toBe(await linesOf('whole'));
    await writeFile(join(photos, 'e.png'), shades[3]);
    await expect(made('parts', 30)).rejects.toMatchObject({
      code: 'bad-input',
      message: 'the photos are others than those of the dataset: e.png is new',
    });
    await rm(join(photos, 'e.png'));
    await writeFile(join(photos, 'b.png'), Buffer.concat([shades[0], Buffer.alloc(9)]));
    await expect(made('parts', 30)).rejects.toMatchObject({
      message: expect.stringContaining('b.png changed'),
    });
  });
});
