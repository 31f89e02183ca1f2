import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJobs } from './read-jobs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-jobs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const read = (source: string, instruction?: string, out = join(folder, 'out')) =>
  readJobs({ source: join(folder, source), instruction, seed: 0, out, ending: '.png' });

async function lines(...jobs: readonly object[]): Promise<void> {
  await writeFile(join(folder, 'jobs.jsonl'), jobs.map((job) => `${JSON.stringify(job)}\n`).join(''));
}

describe('a folder', () => {
  it('is a job a picture, each with a seed that depends on nothing else', async () => {
    await mkdir(join(folder, 'in', 'sub'), { recursive: true });
    for (const name of ['b.jpg', 'a.PNG', 'notes.txt', '.hidden.png', 'sub/a.webp', 'same.jpg', 'same.png'])
      await writeFile(join(folder, 'in', name), '');
    const { isMany, jobs } = await read('in', 'make it red');
    expect(isMany).toBe(true);
    expect(jobs.map(({ id, out }) => [id, out.slice(folder.length)])).toEqual([
      ['a.PNG', '/out/a.png'],
      ['b.jpg', '/out/b.png'],
      ['same.jpg', '/out/same.jpg.png'],
      ['same.png', '/out/same.png.png'],
      ['sub/a.webp', '/out/sub/a.png'],
    ]);
    expect(new Set(jobs.map(({ seed }) => seed)).size).toBe(5);
    await rm(join(folder, 'in', 'a.PNG'));
    expect((await read('in', 'make it red')).jobs[0]).toEqual(jobs[1]);
    // Results inside of the folder are no sources.
    await mkdir(join(folder, 'in', 'out'));
    await writeFile(join(folder, 'in', 'out', 'b.png'), '');
    expect((await read('in', 'make it red', join(folder, 'in', 'out'))).jobs).toHaveLength(4);
    await expect(read('in', 'x', join(folder, 'in'))).rejects.toMatchObject({ code: 'usage' });
    await expect(read('in')).rejects.toMatchObject({ code: 'usage', message: 'there is no instruction' });
  });

  it('without a picture is refused', async () => {
    await mkdir(join(folder, 'in'));
    await expect(read('in', 'x')).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('a file of jobs', () => {
  it('says what is to be done, line by line', async () => {
    await lines(
      { picture: 'a.jpg', instruction: 'make it: RED & blue!' },
      { picture: 'sub/a.jpg', seed: 5, scores: [1, 2, 3], feedback: { quality: 'blurred' }, out: 'x/y.webp' },
      { picture: '/b.png', id: 'second', scores: { following: 4 } },
    );
    const { jobs } = await read('jobs.jsonl', 'for all');
    expect(jobs).toMatchObject([
      {
        picture: join(folder, 'a.jpg'),
        instruction: 'make it: RED & blue!',
        out: join(folder, 'out/a-make-it-red-blue.png'),
      },
      { seed: 5, scores: '1,2,3', feedback: ['quality=blurred'], out: join(folder, 'out/x/y.webp') },
      {
        id: 'second',
        picture: '/b.png',
        instruction: 'for all',
        scores: '4,-,-',
        out: join(folder, 'out/second.png'),
      },
    ]);
  });

  it.each([
    [
      'a name that leads out',
      [{ picture: 'a', instruction: 'x', out: '../y.png' }],
      /outside the output folder/,
    ],
    [
      'an id that leads out',
      [{ picture: 'a', instruction: 'x', id: '../../y' }],
      /outside the output folder/,
    ],
    [
      'two jobs of one result',
      [
        { picture: 'a', instruction: 'x' },
        { picture: 'b/a', instruction: 'X' },
      ],
      /line 1/,
    ],
    ['no instruction', [{ picture: 'a' }], /no instruction/],
    ['a field that there is not', [{ picture: 'a', instruction: 'x', sede: 1 }], /sede/],
    ['a format that is not written', [{ picture: 'a', instruction: 'x', out: 'y.gif' }], /\.png/],
    ['a score beyond the scale', [{ picture: 'a', instruction: 'x', scores: [6, 5, 5] }], /scores/],
    ['no job', [], /no jobs/],
  ])('with %s is refused', async (_, jobs, message) => {
    await lines(...jobs);
    await expect(read('jobs.jsonl')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(message) as string,
    });
  });
});

it('one picture is one job, which is not looked at yet', async () => {
  const out = join(folder, 'b.png');
  expect(await read('a.png', 'make it red', out)).toEqual({
    isMany: false,
    jobs: [
      { id: join(folder, 'a.png'), picture: join(folder, 'a.png'), instruction: 'make it red', seed: 0, out },
    ],
  });
});
