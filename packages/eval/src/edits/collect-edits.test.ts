import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventBody } from '@rewardedit/core';
import { blankPicture, encodePng } from '@rewardedit/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Benchmark, BenchmarkItem } from '../benchmarks/benchmark.ts';
import type { Candidate } from './candidate.ts';
import { collectEdits } from './collect-edits.ts';
import { folderCandidate } from './folder-candidate.ts';

let folder: string;
let run: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-edits-'));
  run = join(folder, 'run');
});
afterEach(() => rm(folder, { recursive: true }));

const picture = (shade: number) => encodePng(blankPicture(8, 8, [shade, shade, shade]));

/** Five edits of two photos; the true edit of the first is known. */
const items: BenchmarkItem[] = Array.from({ length: 5 }, (_, i) => ({
  id: `photo/${i}`,
  instruction: `edit ${i}`,
  kind: 'add',
  original: () => Promise.resolve(picture(i < 3 ? 10 : 20)),
  ...(i === 0 && { truth: () => Promise.resolve(picture(99)) }),
  fileNames: [`photo/${i}`, `photo_${i}`],
  where: `item ${i}`,
}));
const benchmark: Benchmark = {
  layout: 'test',
  items,
  unusable: [{ id: 'odd', unusable: 'no instruction' }],
};

async function put(name: string, content: Uint8Array | string): Promise<void> {
  const path = join(folder, 'made', name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
}

const lines = async () =>
  (await readFile(join(run, 'metadata.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);

/** Counts its calls; fails at the chosen item. */
function countingCandidate(fails?: number): Candidate & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    config: {},
    mayChange: false,
    batchSize: 2,
    extra: [],
    edit: (tasks) => {
      asked.push(...tasks.map(({ item }) => item.id));
      if (fails !== undefined && tasks.some(({ item }) => item.id === items[fails].id))
        return Promise.reject(new Error('killed'));
      return Promise.resolve(tasks.map((_, i) => ({ bytes: picture(100 + i) })));
    },
  };
}

describe('collectEdits', () => {
  it('matches a folder by names, and lists missing, unusable and extra files', async () => {
    await put('photo/0.png', picture(50));
    await put('PHOTO_1.PNG', picture(51));
    await put('photo_2.png', 'no picture');
    await put('photo_3.png', picture(53));
    await put('photo_3.jpg', picture(53));
    await put('cat.png', picture(1));
    await put('notes.txt', 'x');
    // The output folder of `edit` is a run with previews.
    await put('events.jsonl', '');
    await put('previews/000000001.png', picture(2));
    const candidate = await folderCandidate(join(folder, 'made'), items);
    expect(candidate.extra).toEqual(['cat.png']);
    expect(await collectEdits({ benchmark, candidate, folder: run })).toEqual({
      edits: 2,
      missing: [
        { id: 'odd', reason: 'no instruction' },
        { id: 'photo/2', kind: 'add', reason: 'the file is not a picture in a known format' },
        { id: 'photo/3', kind: 'add', reason: 'several pictures have this name: photo_3.jpg, photo_3.png' },
        { id: 'photo/4', kind: 'add', reason: 'there is no picture with this name' },
      ],
    });
    const [first, second] = await lines();
    expect(first).toMatchObject({ id: 'photo/0', instruction: 'edit 0', kind: 'add' });
    expect(first['original_file_name']).toBe(second['original_file_name']);
  });

  it('resumes after a crash, and makes nothing twice', async () => {
    const first = countingCandidate(3);
    await expect(collectEdits({ benchmark, candidate: first, folder: run })).rejects.toThrow('killed');
    const second = countingCandidate();
    const done: number[] = [];
    const others: EventBody[] = [];
    const emit = (event: EventBody) =>
      event.type === 'edited' ? done.push(event.done!) : others.push(event);
    await collectEdits({ benchmark, candidate: second, folder: run, emit });
    expect(second.asked).toEqual(['photo/2', 'photo/3', 'photo/4']);
    expect(done).toEqual([3, 4, 5]);
    expect(others).toEqual([
      { type: 'progress', done: 2, before: 2 },
      { type: 'quarantined', id: 'odd', reason: 'no instruction' },
    ]);
    expect((await lines()).map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    const third = countingCandidate();
    expect(await collectEdits({ benchmark, candidate: third, folder: run })).toMatchObject({ edits: 5 });
    expect(third.asked).toEqual([]);
  });

  it('waits while paused, between batches and within them', async () => {
    const candidate = countingCandidate();
    const waits: string[] = [];
    const given: unknown[] = [];
    const whilePaused = async () => void waits.push(candidate.asked.join());
    const { edit } = candidate;
    candidate.edit = (tasks, hooks) => {
      given.push(hooks?.whilePaused);
      return edit(tasks);
    };
    await collectEdits({ benchmark, candidate, folder: run, whilePaused });
    expect(waits).toEqual(['', 'photo/0,photo/1', 'photo/0,photo/1,photo/2,photo/3']);
    expect(given).toEqual([whilePaused, whilePaused, whilePaused]);
  });

  it('adds edits that appear later, and rejects a changed one', async () => {
    await put('photo_0.png', picture(50));
    const collect = async () =>
      collectEdits({ benchmark, candidate: await folderCandidate(join(folder, 'made'), items), folder: run });
    await collect();
    await put('photo_4.png', picture(54));
    expect(await collect()).toMatchObject({ edits: 2 });
    await put('photo_0.png', picture(51));
    await expect(collect()).rejects.toMatchObject({
      code: 'bad-input',
      message: 'the edit of photo/0 has changed since this run began',
    });
  });

  it('stops on abort', async () => {
    const controller = new AbortController();
    const emit = (event: EventBody) => event.type === 'edited' && controller.abort();
    await expect(
      collectEdits({
        benchmark,
        candidate: countingCandidate(),
        folder: run,
        emit,
        signal: controller.signal,
      }),
    ).rejects.toMatchObject({ code: 'interrupted', message: 'stopped after 2 of 5 edits; they are kept' });
  });

  it('rejects a folder with none of the pictures', async () => {
    await put('cat.png', picture(1));
    await expect(folderCandidate(join(folder, 'made'), items)).rejects.toMatchObject({
      message: 'none of the 1 pictures here has the name of an item',
    });
    await expect(folderCandidate(join(folder, 'none'), items)).rejects.toMatchObject({ code: 'bad-input' });
  });
});
