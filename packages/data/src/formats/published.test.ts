import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { convertTo, open, rowsOf, samplePicture, temporaryFolder } from './dataset.test.helper.ts';
import { createRemoteFiles } from './pictures/remote-pictures.ts';
import { checkTriplet } from './rows/checked-triplet.ts';
import type { SourceTriplet } from './rows/source-triplet.ts';

/** A folder with two pictures. */
async function withPictures(): Promise<string> {
  const here = await temporaryFolder(onTestFinished);
  await writeFile(join(here, 'a.jpg'), await samplePicture(1));
  await writeFile(join(here, 'b.jpg'), await samplePicture(2));
  return here;
}

const usable = async (path: string, options: Parameters<typeof open>[1] = {}) => {
  const rows = (await rowsOf(await open(path, options))) as SourceTriplet[];
  for (const row of rows) if (!('unusable' in row)) await checkTriplet(row);
  return rows;
};

describe('an ImageFolder with metadata.csv', () => {
  it('is read with quotes, commas, empty values and a byte order mark, and in folders as splits', async () => {
    const here = await withPictures();
    const csv = [
      '\uFEFForiginal_file_name,edited_file_name,instruction,kind,note',
      'a.jpg,b.jpg,"make it ""red"", now",style,',
      '',
      'a.jpg,b.jpg,"two\nlines",,x',
    ];
    await writeFile(join(here, 'metadata.csv'), `${csv.join('\r\n')}\r\n`);
    expect(await usable(here)).toMatchObject([
      { record: { instruction: 'make it "red", now', kind: 'style' }, extra: {} },
      { record: { instruction: 'two\nlines' }, extra: { note: 'x' } },
    ]);
    expect(await usable(join(here, 'metadata.csv'))).toHaveLength(2);
    const target = join(here, 'out');
    expect(await convertTo(here, target)).toMatchObject({ rows: 2, written: 2 });
    const splits = await temporaryFolder(onTestFinished);
    for (const split of ['test', 'train']) {
      await mkdir(join(splits, split));
      for (const name of ['a.jpg', 'b.jpg'])
        await writeFile(join(splits, split, name), await samplePicture(3));
      await writeFile(join(splits, split, 'metadata.csv'), csv.slice(0, 2).join('\n'));
    }
    expect((await usable(splits)).map(({ record }) => record.split)).toEqual(['test', 'train']);
  });

  it('rejects a row with too few values', async () => {
    const here = await withPictures();
    await writeFile(join(here, 'metadata.csv'), 'original,edited,instruction\na.jpg,b.jpg,x\na.jpg,b.jpg\n');
    await expect(rowsOf(await open(here))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('not a valid CSV file: '),
    });
  });
});

it('reads an object of rows by their ids, and nested columns by their paths', async () => {
  const here = await withPictures();
  const rows = {
    '0001': {
      prompt: 'make it red',
      images: { before: 'a.jpg', after: ['b.jpg'], mask: 'm.png' },
      extra_note: 'x',
    },
    '0002': { prompt: 'make it blue', images: { before: 'a.jpg', after: [] } },
  };
  const path = join(here, 'edits.json');
  const columns = { original: 'images.before', edited: 'images.after.0', instruction: 'prompt' };
  for (const text of [JSON.stringify(rows), JSON.stringify(rows, null, 2)]) {
    await writeFile(path, text);
    const source = await open(path, { columns });
    const found = (await rowsOf(source)) as SourceTriplet[];
    expect(source.notes()[0]).toContain('images.mask (in 1 of 2 rows)');
    expect(found).toMatchObject([
      { record: { id: '0001', instruction: 'make it red' }, extra: { extra_note: 'x' } },
      { id: '0002', unusable: 'there is no picture in the column images.after.0' },
    ]);
    await checkTriplet(found[0]);
  }
});

it.each([
  [
    'AnyEdit',
    {
      image_file: 'a.jpg',
      edited_file: 'b.jpg',
      edit_instruction: 'x',
      edit_type: 'style_change',
      image_id: '7',
    },
  ],
  ["AnyEdit's files of JSON", { image_file: 'a.jpg', edited_file: 'b.jpg', edit: 'x', input: 'a cat' }],
  ['SEED-Data-Edit', { source_image: 'a.jpg', target_image: 'b.jpg', instruction: 'x' }],
  ['ImgEdit', { input_images: ['a.jpg'], output_images: ['b.jpg'], prompt: 'x' }],
])('knows the columns of %s', async (name, row) => {
  const here = await withPictures();
  const path = join(here, 'rows.jsonl');
  await writeFile(path, `${JSON.stringify(row)}\n`);
  const source = await open(path);
  expect(await rowsOf(source)).toMatchObject([{ record: { instruction: 'x' } }]);
  expect(source.explain?.()[0]).toBe(`columns of ${name}`);
});

describe('rows of several turns', () => {
  it("are SEED-Data-Edit's: the result of one is the original of the next", async () => {
    const here = await withPictures();
    await writeFile(join(here, 'c.jpg'), await samplePicture(3));
    const rows = [
      { source_image: 'a.jpg', instruction_1: 'red', edit_image_1: 'b.jpg', round: 7 },
      {
        ...{ source_image: 'a.jpg', instruction_1: 'red', edit_image_1: 'b.jpg', instruction_2: 'blue' },
        ...{ edit_image_2: 'c.jpg', instruction_3: 'green', edit_image_3: null },
      },
      { source_image: 'a.jpg', instruction_1: null, edit_image_1: null },
    ];
    const path = join(here, 'split_0001.jsonl');
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const source = await open(path);
    const found = (await rowsOf(source)) as SourceTriplet[];
    expect(found).toMatchObject([
      { record: { id: 'split_0001:1/1', instruction: 'red' }, extra: { round: 7 } },
      { record: { id: 'split_0001:2/1', instruction: 'red' }, extra: {} },
      { record: { id: 'split_0001:2/2', instruction: 'blue' } },
      { id: 'split_0001:2/3', unusable: 'there is no picture in the column edit_image_3' },
      { id: 'split_0001:3', unusable: 'it has no turns' },
    ]);
    const { original, edited } = (await checkTriplet(found[2])).pictures;
    expect([original.bytes, edited.bytes]).toEqual([await samplePicture(2), await samplePicture(3)]);
    expect(source.explain?.()).toContain('each turn is a triplet: ID/1, ID/2, ...');
    expect(source.notes()).toEqual([]);
    expect(await convertTo(path, join(here, 'out'))).toMatchObject({ rows: 5, written: 3, setAside: 2 });
  });

  it("are ImgEdit's: a list in one column, with pictures of their own", async () => {
    const here = await withPictures();
    const turn = { input_images: ['a.jpg'], output_images: ['b.jpg'], prompt: 'x' };
    const rows = [
      { data: [turn, { ...turn, prompt: 'y', step: 2, boxes: [1] }] },
      { data: [] },
      { data: ['x', { ...turn, input_images: ['a.jpg', 'b.jpg'] }] },
    ];
    const path = join(here, 'rows.json');
    await writeFile(path, JSON.stringify(rows));
    const source = await open(path);
    const found = (await rowsOf(source)) as SourceTriplet[];
    expect(found).toMatchObject([
      { record: { id: 'rows:1/1', instruction: 'x' } },
      { record: { id: 'rows:1/2', instruction: 'y' }, extra: { step: 2 } },
      { id: 'rows:2', unusable: 'it has no turns' },
      { id: 'rows:3/1', unusable: 'the column prompt is empty or missing' },
      { record: { id: 'rows:3/2' } },
    ]);
    expect(source.notes()).toEqual([expect.stringContaining('boxes (in 1 of 3 rows)')]);
    await checkTriplet(found[1]);
    await expect(checkTriplet(found[4])).rejects.toMatchObject({
      message: 'the original picture: there is a list of 2 instead of a picture in the column input_images',
    });
  });
});

it('recognises columns by their usual names if they are unambiguous', async () => {
  const here = await withPictures();
  const path = join(here, 'rows.json');
  const gedit = {
    ...{ key: '7', task_type: 'subject-add', instruction: 'x', instruction_language: 'en' },
    ...{ input_image: 'a.jpg', output_image: 'b.jpg' },
  };
  await writeFile(path, JSON.stringify([gedit, { ...gedit, instruction_language: 'cn' }]));
  expect(await usable(path)).toMatchObject([
    { record: { id: '7/en', instruction: 'x' }, extra: { source_kind: 'subject-add' } },
    { record: { id: '7/cn' } },
  ]);
  // Two columns may be the edited picture; and a benchmark has none.
  const unclear = { ...gedit, edited_image: 'b.jpg', original_image: 'a.jpg' };
  await writeFile(path, JSON.stringify([unclear]));
  await expect(usable(path)).rejects.toMatchObject({ hint: expect.stringContaining('--columns') });
  const { output_image: _, ...benchmark } = gedit;
  await writeFile(path, JSON.stringify([benchmark]));
  await expect(usable(path)).rejects.toMatchObject({ hint: expect.stringContaining('rewardedit eval') });
});

it('finds pictures in a chosen folder for every table format', async () => {
  const pictures = await withPictures();
  const here = await temporaryFolder(onTestFinished);
  const row = { source: 'a.jpg', target: 'b.jpg', prompt: 'x' };
  await writeFile(join(here, 'rows.jsonl'), JSON.stringify(row));
  await writeFile(join(here, 'metadata.csv'), 'source,target,prompt\na.jpg,b.jpg,x\n');
  const text = (name: string) => ({ name, data: [row[name as keyof typeof row]] });
  await writeFile(
    join(here, 'rows.parquet'),
    Buffer.from(parquetWriteBuffer({ columnData: ['source', 'target', 'prompt'].map(text) })),
  );
  for (const name of ['rows.jsonl', 'metadata.csv', 'rows.parquet']) {
    expect(await usable(join(here, name), { images: pictures })).toHaveLength(1);
    await expect(usable(join(here, name))).rejects.toMatchObject({ code: 'bad-input' });
  }
});

it('reads a folder of JSON files, whose names may tell splits', async () => {
  const here = await withPictures();
  const row = { original: 'a.jpg', edited: 'b.jpg', instruction: 'x' };
  await writeFile(join(here, 'rewards.jsonl'), '{"id": "rows:1"}\n');
  await writeFile(join(here, 'dataset_info.json'), '{"a": {}}');
  await writeFile(join(here, 'settings.json'), '{"size": [1]}');
  await writeFile(join(here, 'rows.json'), JSON.stringify([row]));
  expect((await usable(here)).map(({ record }) => record.id)).toEqual(['rows:1']);
  for (const name of ['test', 'train']) await writeFile(join(here, `${name}.jsonl`), JSON.stringify(row));
  expect((await usable(here)).map(({ record: { id, split } }) => [id, split])).toEqual([
    ['test:1', 'test'],
    ['train:1', 'train'],
  ]);
});

/** A parquet file of pictures in a struct. */
async function parquetFile(): Promise<Buffer> {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const;
  const bytes = { type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' } as const;
  const pair = { original: await samplePicture(1), edited: await samplePicture(2) };
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'pair', data: [pair, pair, pair, pair] },
        { name: 'instruction', data: ['a', 'b', 'c', 'd'] },
      ],
      rowGroupSize: 2,
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'pair', repetition_type: 'OPTIONAL', num_children: 2 },
        { name: 'original', ...bytes },
        { name: 'edited', ...bytes },
        { name: 'instruction', ...text },
      ],
    }),
  );
}

const PAIR = { original: 'pair.original', edited: 'pair.edited', instruction: 'instruction' };

it("reads nested columns of parquet in a folder of Hugging Face's cache", async () => {
  const here = join(await temporaryFolder(onTestFinished), 'datasets--owner--name');
  const data = (commit: string) => join(here, 'snapshots', commit, 'data');
  for (const folder of ['blobs', 'refs']) await mkdir(join(here, folder), { recursive: true });
  for (const commit of ['aaa', 'bbb']) {
    await mkdir(data(commit), { recursive: true });
    await writeFile(join(data(commit), 'train-0.parquet'), await parquetFile());
  }
  await expect(open(here)).rejects.toMatchObject({ message: expect.stringContaining('2 commits') });
  await writeFile(join(here, 'refs', 'main'), 'bbb');
  const rows = await usable(here, { columns: PAIR });
  expect(rows).toHaveLength(4);
  expect(rows[0].where).toContain('bbb');
});

it('reads a remote parquet file in parts from an allowed host', async () => {
  const file = await parquetFile();
  const asked: string[] = [];
  let whole = false;
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    asked.push(`${request.url} ${from}-${to}`);
    if (request.url === '/moved.parquet') response.writeHead(302, { location: '/rows.parquet' }).end();
    else if (whole || from === undefined) response.writeHead(200).end(file);
    else {
      const part = file.subarray(Number(from), Number(to) + 1);
      response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${file.length}` }).end(part);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${host}/moved.parquet`;
  const options = { columns: PAIR, openRemote: createRemoteFiles([host]) };
  const rows = await usable(url, options);
  expect(rows.map(({ record }) => record.id)).toEqual(['moved:0', 'moved:1', 'moved:2', 'moved:3']);
  // Each part is asked for by its range, from where the file really is.
  expect(asked.filter((one) => one.startsWith('/rows.parquet')).length).toBeGreaterThan(2);
  expect(asked.some((one) => one.includes('undefined'))).toBe(false);
  await expect(
    rowsOf(await open(url, { ...options, openRemote: createRemoteFiles([]) })),
  ).rejects.toMatchObject({
    message: `files of ${host} are not fetched`,
  });
  whole = true;
  await expect(rowsOf(await open(`${host}/rows.parquet`, options))).rejects.toMatchObject({
    code: 'bad-input',
    message: 'the file cannot be fetched: the server does not support range requests',
  });
  await expect(open(`${host}/rows.zip`, options)).rejects.toMatchObject({
    message: 'only parquet files are read from other hosts',
  });
});

it.each([
  ['data.tar.zst', 'a tar compressed with something else', 'tar -xf'],
  ['images.tar.gz.part-aa', 'one part of a split file', 'cat'],
  ['data-00000-of-00001.arrow', 'an Arrow file', 'to_parquet'],
])('recognises %s and says what to do', async (name, what, remedy) => {
  const here = await temporaryFolder(onTestFinished);
  await writeFile(join(here, name), 'x');
  for (const path of [here, join(here, name)])
    await expect(open(path)).rejects.toMatchObject({
      message: expect.stringContaining(what),
      hint: expect.stringContaining(remedy),
    });
});

it('reads AVIF, and recognises HEIC and Git LFS pointers', async () => {
  const here = await withPictures();
  await writeFile(
    join(here, 'a.avif'),
    await sharp(await samplePicture(1))
      .avif()
      .toBuffer(),
  );
  const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
  await writeFile(join(here, 'a.heic'), Buffer.concat([heic, Buffer.alloc(100)]));
  await writeFile(
    join(here, 'lfs.jpg'),
    'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n',
  );
  const rows = ['a.avif', 'a.heic', 'lfs.jpg'].map((original, i) => ({
    ...{ id: `${i}`, original_file_name: original, edited_file_name: 'b.jpg', instruction: 'x' },
  }));
  await writeFile(join(here, 'metadata.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const found = (await rowsOf(await open(here))) as SourceTriplet[];
  expect((await checkTriplet(found[0])).pictures.original).toMatchObject({
    ...{ width: 16, height: 12, format: { name: 'avif' } },
  });
  await expect(checkTriplet(found[1])).rejects.toMatchObject({
    message: expect.stringContaining('a HEIC picture'),
  });
  await expect(checkTriplet(found[2])).rejects.toMatchObject({
    message: expect.stringContaining('a Git LFS pointer'),
  });
});

describe('a file with the wrong extension', () => {
  const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5\n';
  const PAGE = '<!DOCTYPE html><html><title>Log in</title></html>';
  const CONTAINERS = ['x.parquet', 'x.tar', 'x.tar.gz', 'x.zip', 'x.jsonl', 'x.json', 'x.csv'];

  it.each(CONTAINERS)('is recognised as a Git LFS pointer or HTML page: %s', async (name) => {
    const path = join(await temporaryFolder(onTestFinished), name);
    for (const [contents, what] of [
      [POINTER, 'the file is a Git LFS pointer'],
      [PAGE, 'the file is an HTML page'],
    ]) {
      await writeFile(path, contents);
      const read = async () => rowsOf(await open(path));
      await expect(read()).rejects.toMatchObject({ message: expect.stringContaining(what) });
    }
  });

  it('is recognised among metadata and prompts', async () => {
    const here = await withPictures();
    await writeFile(join(here, 'metadata.jsonl'), POINTER);
    await expect(usable(here)).rejects.toMatchObject({ message: expect.stringContaining('Git LFS') });
    const ip2p = await temporaryFolder(onTestFinished);
    await mkdir(join(ip2p, '0000001'));
    await writeFile(join(ip2p, '0000001', 'prompt.json'), POINTER);
    expect(await rowsOf(await open(ip2p))).toMatchObject([
      { unusable: expect.stringContaining('a Git LFS pointer') },
    ]);
  });

  it('is recognised if it is text in another encoding', async () => {
    const here = await withPictures();
    const row = JSON.stringify({ original: 'a.jpg', edited: 'b.jpg', instruction: 'caf\u00e9' });
    const path = join(here, 'rows.jsonl');
    await writeFile(path, Buffer.from(`\uFEFF${row}`, 'utf16le'));
    await expect(usable(path)).rejects.toMatchObject({ message: expect.stringContaining('UTF-16') });
    await writeFile(path, Buffer.from(`${row}\n`, 'latin1'));
    await expect(usable(path)).rejects.toMatchObject({
      ...{ message: 'this line is not valid UTF-8', hint: expect.stringContaining('iconv') },
    });
    await writeFile(join(here, 'rows.json'), Buffer.from(`[${row}]`, 'latin1'));
    await expect(usable(join(here, 'rows.json'))).rejects.toMatchObject({
      message: 'not UTF-8 text',
    });
  });

  it('is read anyway: gzipped and plain tars, and extensions in capitals', async () => {
    const here = await temporaryFolder(onTestFinished);
    const data = `data:image/jpeg;base64,${(await samplePicture(1)).toString('base64')}`;
    const row = { id: 'r', original: data, edited: data, instruction: 'x' };
    await writeFile(join(here, 'ROWS.JSONL'), JSON.stringify(row));
    await convertTo(join(here, 'ROWS.JSONL'), join(here, 'DATA.PARQUET'), 'parquet');
    await convertTo(join(here, 'ROWS.JSONL'), join(here, 'a.TAR'), 'webdataset');
    const tar = await readFile(join(here, 'a.TAR'));
    await writeFile(join(here, 'b.tar'), gzipSync(tar));
    await writeFile(join(here, 'c.tar.gz'), tar);
    for (const name of ['ROWS.JSONL', 'DATA.PARQUET', 'a.TAR', 'b.tar', 'c.tar.gz'])
      expect(await usable(join(here, name))).toMatchObject([{ record: { id: 'r' } }]);
  });
});

it("reads Python's NaN in JSON and counts it as left out", async () => {
  const here = await withPictures();
  const row = (clip: string) =>
    `{"original": "a.jpg", "edited": "b.jpg", "instruction": "NaN", "clip": ${clip}}`;
  for (const [name, text] of [
    ['rows.jsonl', `${row('0.5')}\n${row('NaN')}\n${row('-Infinity')}`],
    ['rows.json', `[${row('0.5')},\n${row('NaN')},${row('-Infinity')}]`],
  ]) {
    await writeFile(join(here, name), text);
    const source = await open(join(here, name));
    const found = (await rowsOf(source)) as SourceTriplet[];
    expect(found.map(({ extra }) => extra)).toEqual([{ clip: 0.5 }, {}, {}]);
    expect(source.notes()[0]).toContain('clip (in 2 of 3 rows)');
  }
});

it.each([
  [';', 'a.jpg;b.jpg;"x; y, z"'],
  ['\t', 'a.jpg\tb.jpg\t"x; y, z"'],
])('reads tables with the delimiter %j', async (delimiter, line) => {
  const here = await withPictures();
  const header = ['original', 'edited', 'instruction'].join(delimiter);
  await writeFile(join(here, 'rows.tsv'), `${header}\n${line}\n`);
  expect(await usable(join(here, 'rows.tsv'))).toMatchObject([{ record: { instruction: 'x; y, z' } }]);
});

it('recognises an object of rows on one long line', async () => {
  const here = await withPictures();
  const row = { original: 'a.jpg', edited: 'b.jpg', instruction: 'x'.repeat(100) };
  const rows = Object.fromEntries(Array.from({ length: 8000 }, (_, i) => [`r${i}`, row]));
  await writeFile(join(here, 'rows.json'), JSON.stringify(rows));
  const found = await rowsOf(await open(join(here, 'rows.json')));
  expect(found).toHaveLength(8000);
  expect(found[7999]).toMatchObject({ record: { id: 'r7999' } });
});

it('reports other files that may hold triplets', async () => {
  const here = await withPictures();
  await writeFile(
    join(here, 'metadata.jsonl'),
    JSON.stringify({ original: 'a.jpg', edited: 'b.jpg', instruction: 'x' }),
  );
  for (const name of ['rewards.jsonl', 'view.jsonl', 'a.parquet', 'b.tar.zst', 'c.zip', 'd.tar'])
    await writeFile(join(here, name), '');
  const source = await open(here);
  await rowsOf(source);
  expect(source.notes()).toEqual(['other files here are not read: a.parquet, b.tar.zst, c.zip and 1 more']);
});

it('explains how to read splits with the same ids', async () => {
  const here = await temporaryFolder(onTestFinished);
  for (const split of ['train', 'test']) {
    await mkdir(join(here, split));
    const row = { id: '0', original: 'a.jpg', edited: 'a.jpg', instruction: 'x' };
    await writeFile(join(here, split, 'metadata.jsonl'), JSON.stringify(row));
    await writeFile(join(here, split, 'a.jpg'), await samplePicture(1));
  }
  await expect(convertTo(here, join(here, 'out'))).rejects.toMatchObject({
    hint: 'each split has its own ids: read one at a time, such as --split train',
  });
});
