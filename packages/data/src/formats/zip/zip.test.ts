import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { convertTo, open, rowsOf, samplePicture, temporaryFolder } from '../dataset.test.helper.ts';
import { explainSource } from '../formats.ts';
import type { SourceTriplet } from '../rows/source-triplet.ts';
import { zipOf, type ZipClaims } from './zip.test.helper.ts';

beforeEach(async () => {
  // A folder of temporary files in which nobody else has any.
  vi.stubEnv('TMPDIR', await temporaryFolder(onTestFinished));
  onTestFinished(() => void vi.unstubAllEnvs());
});

const ROW = { id: 'r', instruction: 'make it red', original: 'p/a.jpg', edited: 'p/b.jpg' };

async function pair() {
  return { 'p/a.jpg': await samplePicture(1), 'p/b.jpg': await samplePicture(2) };
}

async function writeZip(...args: Parameters<typeof zipOf>): Promise<string> {
  const here = await temporaryFolder(onTestFinished);
  const path = join(here, 'mine.zip');
  await writeFile(path, zipOf(...args));
  return path;
}

const unpackedFolders = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('rewardedit-zip-'));

it('reads a zipped folder, packed with or without its name, and leaves nothing behind', async () => {
  const files = { ...(await pair()), 'metadata.jsonl': JSON.stringify(ROW) };
  const named = Object.entries(files).map(([name, content]) => [`mine/${name}`, content] as const);
  const macs = [['__MACOSX/mine/._metadata.jsonl', 'x'] as const, ['mine/.DS_Store', 'x'] as const];
  for (const content of [files, [...named, ...macs]]) {
    const path = await writeZip(content);
    const target = join(path, '..', 'out');
    const source = await open(path);
    expect(source.format).toBe('imagefolder');
    expect(await convertTo(source, target)).toMatchObject({ rows: 1, written: 1 });
    await source.close!();
    expect(await readFile(join(target, 'metadata.jsonl'), 'utf8')).toContain('make it red');
  }
  expect(await unpackedFolders()).toEqual([]);
});

it('reads zipped JSON, parquet and tar files', async () => {
  const here = await temporaryFolder(onTestFinished);
  const data = `data:image/jpeg;base64,${(await samplePicture(1)).toString('base64')}`;
  await writeFile(join(here, 'rows.json'), JSON.stringify([{ ...ROW, original: data, edited: data }]));
  await convertTo(join(here, 'rows.json'), join(here, 'rows.parquet'), 'parquet');
  await convertTo(join(here, 'rows.json'), join(here, 'rows.tar'), 'webdataset');
  for (const [name, format] of [
    ['rows.json', 'jsonl'],
    ['rows.parquet', 'parquet'],
    ['rows.tar', 'webdataset'],
  ]) {
    const path = await writeZip({ [name]: await readFile(join(here, name)) });
    const source = await open(path);
    expect(source.format).toBe(format);
    const [row] = (await rowsOf(source)) as SourceTriplet[];
    expect(row.record).toMatchObject({ id: 'r', instruction: 'make it red' });
    expect(row.where).toContain(`mine.zip/${name}`);
    expect((await row.pictures.original()).length).toBeGreaterThan(100);
    await source.close!();
  }
});

it('names places in the archive in every error', async () => {
  const lines = [ROW, { ...ROW, id: 's', edited: 'p/c.jpg' }, { ...ROW, id: 't', instruction: null }];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const path = await writeZip({ ...(await pair()), 'metadata.jsonl': text });
  const source = await open(path);
  const told = await explainSource(source);
  expect(told).toContain('unpacked from a zip archive');
  const rows = await rowsOf(source);
  expect(rows.map(({ where }) => where)).toEqual([1, 2, 3].map((line) => `${path}/metadata.jsonl:${line}`));
  await expect((rows[1] as SourceTriplet).pictures.edited()).rejects.toMatchObject({
    where: `${path}/p/c.jpg`,
  });
  await source.close!();
  const broken = await open(await writeZip({ 'metadata.jsonl': '{"a":\n{}' }));
  await expect(rowsOf(broken)).rejects.toMatchObject({ where: expect.stringContaining('mine.zip/') });
  await broken.close!();
});

const LIAR = { unpackedBytes: 2 ** 31 };

it.each<[string, readonly (readonly [string, string])[], ZipClaims, RegExp]>([
  ['a name that leads out of it', [['../evil.jsonl', '{}']], {}, /leads out of it/],
  ['a name from the root', [['/etc/evil.jsonl', '{}']], {}, /leads out of it/],
  ['a name from a Windows drive', [['C:\\evil.jsonl', '{}']], {}, /leads out of it/],
  ['backslashes that lead out of it', [['a\\..\\..\\evil.jsonl', '{}']], {}, /leads out of it/],
  ['a link', [['metadata.jsonl', '/etc/passwd']], { link: true }, /contains a link/],
  ['a password', [['metadata.jsonl', '{}']], { encrypted: true }, /is encrypted/],
  ['another method', [['metadata.jsonl', '{}']], { method: 9 }, /compression method 9/],
  ['a claim to be a bomb', [['metadata.jsonl', '{}']], LIAR, /unpack to 2\.1 GB, more than 100 times/],
  [
    'more in it than it says',
    [['metadata.jsonl', 'x'.repeat(5000)]],
    { unpackedBytes: 10 },
    /not a complete zip/,
  ],
  ['another checksum', [['metadata.jsonl', '{}']], { crc: 1 }, /checksum/],
  [
    'a name twice',
    [
      ['metadata.jsonl', '{}'],
      ['metadata.jsonl', '{}'],
    ],
    {},
    /two entries with the same name/,
  ],
  [
    'a file that is a folder as well',
    [
      ['a', '{}'],
      ['a/b', '{}'],
    ],
    {},
    /two entries with the same name/,
  ],
  ['nothing', [], {}, /contains no files/],
  ['a zip in it', [['in.zip', 'PK']], {}, /a zip archive inside another/],
])('refuses a zip with %s, and writes nothing', async (_, files, claims, message) => {
  const path = await writeZip(files, claims);
  await expect(open(path)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  expect(await unpackedFolders()).toEqual([]);
});

it('refuses archives inside each other and truncated ones', async () => {
  // 200 MB of one letter are 0.2 MB packed.
  const bomb = zipOf({ 'metadata.jsonl': Buffer.alloc(80e6, 'x') });
  const here = await temporaryFolder(onTestFinished);
  await writeFile(join(here, 'bomb.zip'), bomb);
  await expect(open(join(here, 'bomb.zip'))).rejects.toMatchObject({
    message: expect.stringContaining('more than 100 times its size'),
    hint: expect.stringContaining('unzip'),
  });
  const whole = zipOf(await pair());
  await writeFile(join(here, 'cut.zip'), whole.subarray(0, whole.length - 30));
  await expect(open(join(here, 'cut.zip'))).rejects.toMatchObject({ code: 'bad-input' });
});

it('names the zip archives of a folder', async () => {
  const here = await temporaryFolder(onTestFinished);
  await mkdir(join(here, 'more'));
  await writeFile(join(here, 'images.zip'), zipOf(await pair()));
  await expect(open(here)).rejects.toMatchObject({
    message: 'there is no dataset in this folder except a zip archive (images.zip)',
    hint: expect.stringContaining(join(here, 'images.zip')),
  });
});
