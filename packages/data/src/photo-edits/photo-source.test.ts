import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
      message: '1 files are not used, as their formats are not read: c.HEIC',
    });
    expect(events.filter(({ type }) => type === 'quarantined')).toMatchObject([{ id: 'a.png' }]);
  });
});
