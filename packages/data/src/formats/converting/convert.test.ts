import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { convert } from './convert.ts';
import { convertTo, open, samplePicture, temporaryFolder } from '../dataset.test.helper.ts';
import { createTarget, type FormatName } from '../formats.ts';

/** A file of JSON lines with pictures beside it; the given cells come before the usual ones. */
async function dataset(
  folder: string,
  rows: readonly Readonly<Record<string, unknown>>[],
  name = 'rows.jsonl',
) {
  await writeFile(join(folder, 'a.jpg'), await samplePicture(1));
  await writeFile(join(folder, 'b.jpg'), await samplePicture(2));
  const path = join(folder, name);
  const lines = rows.map((row, i) => ({
    id: `t${i}`,
    instruction: `x${i}`,
    original: 'a.jpg',
    edited: 'b.jpg',
    ...row,
  }));
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

const readLines = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('convert', () => {
  it('sets aside rows that are not triplets or lack a picture, with reasons', async () => {
    const here = await temporaryFolder(onTestFinished);
    const truncated = (await samplePicture(3)).subarray(0, 20);
    await writeFile(join(here, 'broken.jpg'), truncated);
    await writeFile(join(here, 'text.jpg'), '<svg onload="alert(1)"/>');
    const source = await dataset(here, [
      {},
      { edited: 'missing.jpg' },
      { original: 'broken.jpg' },
      { original: 'text.jpg' },
      { instruction: null },
      { original: 'https://example.org/a.jpg' },
      { original: '../../etc/passwd' },
      {},
    ]);
    const source2 = await open(source, { fetch: () => Promise.reject(new TypeError('not asked for')) });
    await expect(convertTo(source2, join(here, 'fails'))).rejects.toThrow('not asked for');

    const rows = await readLines(source);
    await writeFile(
      source,
      rows
        .filter((_, i) => i !== 5)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
    const target = join(here, 'out');
    expect(await convertTo(source, target)).toMatchObject({ written: 2, setAside: 5, before: 0 });
    expect((await readLines(join(target, 'metadata.jsonl'))).map(({ id }) => id)).toEqual(['t0', 't7']);
    const quarantine = await readLines(join(target, 'quarantine.jsonl'));
    expect(quarantine.map(({ id }) => id)).toEqual(['t1', 't2', 't3', 't4', 't6']);
    const reasons = quarantine.map(({ reason }) => String(reason));
    expect(reasons[0]).toMatch(
      /^the edited picture: cannot read the picture: it does not exist \(.*missing\.jpg\)$/,
    );
    expect(reasons[1]).toMatch(/^the original picture: it is damaged/);
    expect(reasons[2]).toMatch(/^the original picture: this is not a PNG, JPEG/);
    expect(reasons[3]).toMatch(/the column instruction is empty or missing/);
    expect(reasons[4]).toMatch(/leads out of the dataset/);
    expect(quarantine[0]['where']).toBe(`${source}:2`);
    expect(await readdir(target)).toEqual(['metadata.jsonl', 'pictures', 'quarantine.jsonl']);
  });

  it('lists the rows set aside beside a target file', async () => {
    const here = await temporaryFolder(onTestFinished);
    const source = await dataset(here, [{}, { edited: 'missing.jpg' }]);
    for (const [name, format] of [
      ['out.jsonl', 'jsonl'],
      ['out.tar', 'webdataset'],
      ['out.parquet', 'parquet'],
    ] as const) {
      expect(await convertTo(source, join(here, name), format)).toMatchObject({ written: 1, setAside: 1 });
      expect(await readLines(join(here, `${name}.quarantine.jsonl`))).toMatchObject([{ id: 't1' }]);
      expect(existsSync(join(here, `${name}.partial`))).toBe(false);
    }
  });

  it('finds damage in the middle of a picture when decoding', async () => {
    const here = await temporaryFolder(onTestFinished);
    const source = await dataset(here, [{ original: 'half.jpg' }]);
    const noise = {
      create: { width: 200, height: 200, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 30 } },
    } as const;
    const whole = await sharp({ create: { ...noise.create, background: '#000' } })
      .jpeg()
      .toBuffer();
    await writeFile(join(here, 'half.jpg'), whole.subarray(0, whole.length / 2));
    const run = async (name: string, decode: boolean) => {
      const sink = await createTarget(join(here, name), 'imagefolder', {});
      return convert({ source: await open(source), sink, decode });
    };
    expect(await run('quick', false)).toMatchObject({ written: 1, setAside: 0 });
    expect(await run('whole', true)).toMatchObject({ written: 0, setAside: 1 });
  });

  it('fails at a repeated id, naming both places', async () => {
    const here = await temporaryFolder(onTestFinished);
    const source = await dataset(here, [{}, { id: 'same' }, {}, { id: 'same' }]);
    await expect(convertTo(source, join(here, 'out'))).rejects.toMatchObject({
      code: 'bad-input',
      message: `two triplets have the id same: at ${source}:2 and at ${source}:4`,
    });
    expect(existsSync(join(here, 'out'))).toBe(false);
  });

  it('refuses a target that exists', async () => {
    const here = await temporaryFolder(onTestFinished);
    const source = await dataset(here, [{}]);
    await writeFile(join(here, 'file.tar'), 'precious');
    await mkdir(join(here, 'folder'));
    await writeFile(join(here, 'folder', 'precious'), '');
    await mkdir(join(here, 'empty'));
    await expect(convertTo(source, join(here, 'file.tar'), 'webdataset')).rejects.toMatchObject({
      code: 'bad-input',
    });
    await expect(convertTo(source, join(here, 'folder'))).rejects.toMatchObject({ code: 'bad-input' });
    expect(await readFile(join(here, 'file.tar'), 'utf8')).toBe('precious');
    expect(await convertTo(source, join(here, 'empty'))).toMatchObject({ written: 1 });
  });

  it('does not remove a foreign work folder', async () => {
    const here = await temporaryFolder(onTestFinished);
    const source = await dataset(here, [{}]);
    await mkdir(join(here, 'out.partial'));
    await writeFile(join(here, 'out.partial', 'precious'), '');
    for (const format of ['imagefolder', 'webdataset'] as const) {
      await expect(convertTo(source, join(here, 'out'), format)).rejects.toMatchObject({
        code: 'bad-input',
        message: 'this folder holds something else',
      });
    }
    expect(await readdir(join(here, 'out.partial'))).toEqual(['precious']);
  });
});

describe('a stopped conversion', () => {
  async function stopAfter(count: number, source: string, target: string, format: FormatName): Promise<void> {
    const controller = new AbortController();
    const sink = await createTarget(target, format, { source: 'jsonl' });
    const work = convert({
      source: await open(source),
      sink,
      signal: controller.signal,
      emit: (event) => {
        if (event.type === 'progress' && event.done === count) controller.abort();
      },
    });
    await expect(work).rejects.toMatchObject({ code: 'interrupted' });
    expect(existsSync(target)).toBe(false);
  }

  it('resumes in a dataset folder with the same result', async () => {
    const here = await temporaryFolder(onTestFinished);
    const rows = Array.from({ length: 60 }, (_, i) => ({
      ...(i % 7 === 3 && { original: 'missing.jpg' }),
      ...(i % 2 === 0 && { reward: { scores: { following: i % 6 }, feedback: {} } }),
    }));
    const source = await dataset(here, rows);
    const target = join(here, 'stopped');
    await stopAfter(20, source, target, 'imagefolder');
    // What a process that was killed leaves: torn lines, a picture without a line, a reward without one.
    const partial = `${target}.partial`;
    const before = (await readLines(join(partial, 'metadata.jsonl'))).length;
    expect(before).toBeGreaterThan(0);
    await appendFile(join(partial, 'metadata.jsonl'), '{"id":"t5');
    await appendFile(join(partial, 'quarantine.jsonl'), '{"id');
    const summary = await convertTo(source, target);
    expect(summary).toMatchObject({ written: 51, setAside: 9 });
    expect(summary.before).toBeGreaterThanOrEqual(before);
    await convertTo(source, join(here, 'whole'));
    for (const file of ['metadata.jsonl', 'quarantine.jsonl', 'rewards.jsonl']) {
      expect(await readFile(join(target, file), 'utf8')).toBe(
        await readFile(join(here, 'whole', file), 'utf8'),
      );
    }
    expect(await readdir(target, { recursive: true })).toEqual(
      await readdir(join(here, 'whole'), { recursive: true }),
    );
  });

  it.each([
    ['jsonl', 'out.jsonl'],
    ['webdataset', 'tars'],
    ['parquet', 'shards'],
    ['instruct-pix2pix', 'ip2p'],
    ['rewardedit-20k', 'out.json'],
  ] as const)('starts over as %s with the same result', async (format, name) => {
    const here = await temporaryFolder(onTestFinished);
    const reward = { scores: { following: 1, preserving: 2, quality: 3 }, feedback: {} };
    const source = await dataset(
      here,
      Array.from({ length: 30 }, () => ({ reward })),
    );
    const target = join(here, name);
    await stopAfter(10, source, target, format);
    expect(await convertTo(source, target, format)).toMatchObject({ written: 30, before: 0 });
    expect(existsSync(`${target}.partial`)).toBe(false);
    expect((await readdir(here)).filter((file) => file.startsWith('.'))).toEqual([]);
  });

  it('is not resumed by another conversion', async () => {
    const here = await temporaryFolder(onTestFinished);
    const source = await dataset(
      here,
      Array.from({ length: 30 }, () => ({})),
    );
    await stopAfter(10, source, join(here, 'out'), 'imagefolder');
    await expect(createTarget(join(here, 'out'), 'imagefolder', { source: 'other' })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'this folder holds another unfinished conversion',
    });
  });

  it('locks out other processes', async () => {
    const here = await temporaryFolder(onTestFinished);
    const sink = await createTarget(join(here, 'out'), 'imagefolder', {});
    await expect(createTarget(join(here, 'out'), 'imagefolder', {})).rejects.toMatchObject({
      code: 'failed',
    });
    await sink.close();
    await (await createTarget(join(here, 'out'), 'imagefolder', {})).close();
  });
});
