import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePhotoEdits } from '../photo-edits/write-photo-edits.ts';
import { readPicture } from '../pictures/read-picture.ts';
import { sceneTriplet } from '../scenes/scene-triplet.ts';
import { writeScenes } from '../scenes/write-scenes.ts';
import { openDataset } from './open-dataset.ts';
import { writeDataset } from './write-dataset.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rewardedit-write-'));
});
afterAll(() => rm(root, { recursive: true }));

/** Every file below a folder, by name, with its bytes. */
async function contents(folder: string): Promise<Map<string, string>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = found.sort().map(async (path): Promise<[string, string]> => {
    return [path.slice(folder.length), (await readFile(path)).toString('base64')];
  });
  return new Map(await Promise.all(pairs));
}

async function countRows(folder: string): Promise<number> {
  const text = await readFile(join(folder, 'metadata.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').length - 1;
}

describe('writeScenes', () => {
  it('writes what openDataset reads: records and pictures', async () => {
    const folder = join(root, 'scenes');
    const progress: number[] = [];
    const result = await writeScenes({
      folder,
      count: 70,
      seed: 3,
      emit: (event) => event.type === 'progress' && progress.push(event.done),
    });
    expect(result).toEqual({ written: 70 });
    expect([progress[0], progress.at(-1)]).toEqual([0, 70]);
    const dataset = await openDataset(folder);
    let index = 0;
    for await (const { original, edited, truth, ...triplet } of dataset.triplets()) {
      const made = sceneTriplet(3, index);
      expect(triplet).toEqual(made.triplet);
      expect(original).toBe(`pictures/000/${String(index).padStart(6, '0')}-original.png`);
      expect(await readPicture(dataset.resolve(original))).toEqual(made.pictures.original);
      expect(await readPicture(dataset.resolve(edited))).toEqual(made.pictures.edited);
      expect(await readPicture(dataset.resolve(truth ?? ''))).toEqual(made.pictures.truth);
      index += 1;
    }
    expect(index).toBe(70);
  });

  it('keeps at most 1000 files in a folder', async () => {
    const folder = join(root, 'folders');
    await writeScenes({ folder, count: 260, seed: 1, size: 8 });
    expect(await readdir(join(folder, 'pictures'))).toEqual(['000', '001']);
    expect((await readdir(join(folder, 'pictures/000'))).length).toBe(750);
  });

  it('does nothing if everything is done, and adds triplets for a larger count', async () => {
    const folder = join(root, 'grown');
    await writeScenes({ folder, count: 10, seed: 3 });
    expect(await writeScenes({ folder, count: 10, seed: 3 })).toEqual({ written: 0 });
    expect(await writeScenes({ folder, count: 25, seed: 3 })).toEqual({ written: 15 });
    const whole = join(root, 'whole');
    await writeScenes({ folder: whole, count: 25, seed: 3 });
    expect(await contents(folder)).toEqual(await contents(whole));
  });

  it('refuses a folder that holds something else', async () => {
    const folder = join(root, 'taken');
    await writeScenes({ folder, count: 10, seed: 3 });
    const refused = (message: RegExp) => ({
      code: 'bad-input',
      where: folder,
      message: expect.stringMatching(message),
    });
    await expect(writeScenes({ folder, count: 10, seed: 4 })).rejects.toMatchObject(
      refused(/seed is 3 there, 4 here/),
    );
    await expect(writeScenes({ folder, count: 10, seed: 3, size: 64 })).rejects.toMatchObject(
      refused(/size is 32/),
    );
    await expect(writeScenes({ folder, count: 10, seed: 3, split: 'held-out' })).rejects.toMatchObject(
      refused(/split/),
    );
    await expect(writeScenes({ folder, count: 9, seed: 3 })).rejects.toMatchObject(
      refused(/10 triplets, more than 9/),
    );
    const foreign = await mkdtemp(join(root, 'foreign-'));
    await writeFile(join(foreign, 'thesis.txt'), 'all I have');
    await expect(writeScenes({ folder: foreign, count: 1, seed: 1 })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/thesis\.txt/),
    });
    expect(await readdir(foreign)).toEqual(['thesis.txt']);
    await writeFile(join(folder, 'dataset.json'), '{');
    await expect(writeScenes({ folder, count: 10, seed: 3 })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('stops when interrupted and resumes to the same bytes', async () => {
    const folder = join(root, 'stopped');
    const stop = new AbortController();
    const stopped = writeScenes({
      folder,
      count: 200,
      seed: 5,
      size: 16,
      signal: stop.signal,
      emit: (event) => event.type === 'progress' && event.done >= 60 && stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    const rows = await countRows(folder);
    expect(rows).toBeGreaterThanOrEqual(60);
    expect(rows).toBeLessThan(200);
    expect(await writeScenes({ folder, count: 200, seed: 5, size: 16 })).toEqual({ written: 200 - rows });
    const whole = join(root, 'unstopped');
    await writeScenes({ folder: whole, count: 200, seed: 5, size: 16 });
    expect(await contents(folder)).toEqual(await contents(whole));
  });

  it('resumes after a torn line', async () => {
    const folder = join(root, 'torn');
    await writeScenes({ folder, count: 5, seed: 9 });
    await appendFile(join(folder, 'metadata.jsonl'), '{"id":"scene-tr');
    await writeScenes({ folder, count: 8, seed: 9 });
    const whole = join(root, 'untorn');
    await writeScenes({ folder: whole, count: 8, seed: 9 });
    expect(await contents(folder)).toEqual(await contents(whole));
  });

  it('leaves a valid dataset when killed at any moment, and resumes to the same bytes', async () => {
    const folder = join(root, 'killed');
    const count = 800;
    const module = new URL('../scenes/write-scenes.ts', import.meta.url).href;
    const script = `import { writeScenes } from ${JSON.stringify(module)};
      await writeScenes({ folder: ${JSON.stringify(folder)}, count: ${count}, seed: 11, size: 8 });`;
    let kills = 0;
    for (const target of [1, 150, 400]) {
      const child = spawn(
        process.execPath,
        ['--experimental-strip-types', '--input-type=module', '-e', script],
        {
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      );
      const ended = once(child, 'exit');
      while (child.exitCode === null && (await countRows(folder)) < target) await sleep(2);
      child.kill('SIGKILL');
      const [, signal] = await ended;
      if (signal === 'SIGKILL') kills += 1;

      const dataset = await openDataset(folder);
      let rows = 0;
      for await (const triplet of dataset.triplets()) {
        rows += 1;
        await readPicture(dataset.resolve(triplet.edited));
        await readPicture(dataset.resolve(triplet.truth ?? ''));
      }
      expect(rows).toBeGreaterThanOrEqual(target);
    }
    expect(kills).toBe(3);
    await writeScenes({ folder, count, seed: 11, size: 8 });
    const whole = join(root, 'unkilled');
    await writeScenes({ folder: whole, count, seed: 11, size: 8 });
    expect(await contents(folder)).toEqual(await contents(whole));
  });
});

describe('writeDataset', () => {
  it('reports write errors and missing triplets', async () => {
    const options = { maker: 'test', settings: { seed: 1 }, count: 3 };
    const short = writeDataset({
      ...options,
      folder: join(root, 'short'),
      triplets: () => [sceneTriplet(1, 0)],
    });
    await expect(short).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/only 1 of 3/),
    });

    const folder = join(root, 'blocked');
    await writeDataset({ ...options, folder, count: 0, triplets: () => [] });
    await writeFile(join(folder, 'pictures'), 'a file in the way');
    const blocked = writeDataset({
      ...options,
      folder,
      triplets: () => [0, 1, 2].map((i) => sceneTriplet(1, i)),
    });
    await expect(blocked).rejects.toMatchObject({
      code: 'bad-input',
      where: expect.stringContaining(join(folder, 'pictures')),
    });
    expect(await countRows(folder)).toBe(0);
  });
});

describe('writePhotoEdits', () => {
  async function makePhotos(name: string, count: number): Promise<string> {
    const folder = await mkdtemp(join(root, name));
    for (let i = 0; i < count; i++) {
      const data = Buffer.from(Uint8Array.from({ length: 90 * 70 * 3 }, (_, at) => (at * (i + 3)) % 253));
      const photo = sharp(data, { raw: { width: 90, height: 70, channels: 3 } });
      await (i % 2 === 0
        ? photo.jpeg().toFile(join(folder, `${i}.jpg`))
        : photo.png().toFile(join(folder, `${i}.png`)));
    }
    return folder;
  }

  it('uses every photo in turn and resumes to the same bytes', async () => {
    const photos = await makePhotos('photos-', 5);
    await writeFile(join(photos, 'notes.txt'), 'not a photo');
    const folder = join(root, 'photo-edits');
    const stop = new AbortController();
    const first = writePhotoEdits({
      photos,
      folder,
      count: 80,
      seed: 2,
      size: 24,
      signal: stop.signal,
      emit: (event) => event.type === 'progress' && event.done > 0 && stop.abort(),
    });
    await expect(first).rejects.toMatchObject({ code: 'interrupted' });
    await writePhotoEdits({ photos, folder, count: 80, seed: 2, size: 24 });
    const whole = join(root, 'photo-edits-whole');
    await writePhotoEdits({ photos, folder: whole, count: 80, seed: 2, size: 24 });
    expect(await contents(folder)).toEqual(await contents(whole));

    const uses = new Map<string, number>();
    for await (const { description } of (await openDataset(folder)).triplets()) {
      uses.set(String(description), (uses.get(String(description)) ?? 0) + 1);
    }
    expect([...uses.values()]).toEqual([16, 16, 16, 16, 16]);
  });

  it('counts an unreadable photo and refuses a folder without photos', async () => {
    const photos = await makePhotos('bad-photos-', 1);
    await writeFile(join(photos, 'broken.jpg'), 'not a picture');
    const written = await writePhotoEdits({
      photos,
      folder: join(root, 'from-broken'),
      count: 20,
      seed: 1,
      size: 16,
    });
    expect(written).toEqual({ written: 20, setAside: 1 });
    const empty = await mkdtemp(join(root, 'no-photos-'));
    for (const folder of [empty, join(root, 'nowhere')]) {
      const none = writePhotoEdits({ photos: folder, folder: join(root, 'from-none'), count: 1, seed: 1 });
      await expect(none).rejects.toMatchObject({ code: 'bad-input', where: folder });
    }
  });
});
