import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkTriplet } from '../rows/checked-triplet.ts';
import { convertTo, open, rowsOf, samplePicture, temporaryFolder } from '../dataset.test.helper.ts';
import { idOf, type SourceTriplet } from '../rows/source-triplet.ts';

type Entry = {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly type?: 'symlink' | 'link' | 'directory' | 'fifo' | 'character-device';
  readonly linkname?: string;
};

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const stream = pack();
  for (const { name, content = '', type, linkname } of entries) {
    if (type === undefined) stream.entry({ name }, content);
    else stream.entry({ name, type, ...(linkname !== undefined && { linkname }) });
  }
  stream.finalize();
  return buffer(stream as unknown as AsyncIterable<Uint8Array> as never);
}

async function sample(key: string, json: object | string = { instruction: 'x' }): Promise<Entry[]> {
  return [
    { name: `${key}.original.jpg`, content: await samplePicture(1) },
    { name: `${key}.edited.jpg`, content: await samplePicture(2) },
    { name: `${key}.json`, content: typeof json === 'string' ? json : JSON.stringify(json) },
  ];
}

async function source(entries: readonly Entry[] | Buffer, name = 'a.tar') {
  const path = join(await temporaryFolder(onTestFinished), name);
  await writeFile(path, Buffer.isBuffer(entries) ? entries : await tar(entries));
  return open(path);
}

describe('webDatasetSource', () => {
  it('reads samples, with their own ids or ids from their place', async () => {
    const rows = await rowsOf(
      await source([
        ...(await sample('one')),
        ...(await sample('dir/two', { id: 'b', instruction: 'y', kind: 'style', turn: 3 })),
      ]),
    );
    expect(rows).toMatchObject([
      { record: { id: 'a/one', instruction: 'x' } },
      { record: { id: 'b', instruction: 'y', kind: 'style' }, extra: { turn: 3 } },
    ]);
    const { original, edited } = (await checkTriplet(rows[1] as SourceTriplet)).pictures;
    expect(Buffer.from(original.bytes)).toEqual(await samplePicture(1));
    expect(Buffer.from(edited.bytes)).toEqual(await samplePicture(2));
  });

  it.each([
    ['input.jpg', 'output.jpg', 'txt', 'make it so'],
    ['source_img.PNG', 'target_img.png', 'instruction.txt', 'make it so\n'],
    ['0.webp', '1.webp', 'json', '{"edit_prompt": "make it so"}'],
    ['src.jpeg', 'tgt.jpeg', 'json', '{"edit": "make it so"}'],
  ])('knows the parts %s, %s and %s', async (original, edited, text, content) => {
    const rows = await rowsOf(
      await source([
        { name: `k.${text}`, content },
        { name: `k.${original}`, content: await samplePicture(1) },
        { name: `k.${edited}`, content: await samplePicture(2) },
      ]),
    );
    expect(rows).toMatchObject([{ record: { instruction: 'make it so' } }]);
    await expect(checkTriplet(rows[0] as SourceTriplet)).resolves.toBeDefined();
  });

  it('uses chosen parts and skips unknown ones', async () => {
    const path = join(await temporaryFolder(onTestFinished), 'a.tar');
    const entries = [
      { name: 'k.left.png', content: await samplePicture(1, 'png') },
      { name: 'k.right.png', content: await samplePicture(2, 'png') },
      { name: 'k.npy', content: 'numbers' },
      { name: 'k.json', content: '{"what": "x"}' },
    ];
    await writeFile(path, await tar(entries));
    const columns = { original: 'left', edited: 'right.png', instruction: 'what' };
    const opened = await open(path, { columns });
    const [row] = await rowsOf(opened);
    await expect(checkTriplet(row as SourceTriplet)).resolves.toMatchObject({ record: { instruction: 'x' } });
    expect(opened.notes()).toEqual(['left out, because a triplet has no field for them: npy']);
  });

  it('recognises keys with dots', async () => {
    const keys = ['one', 'IMG_2024.05.17', 'photo v1.5', '5.0'];
    const rows = await rowsOf(await source((await Promise.all(keys.map((key) => sample(key)))).flat()));
    expect(rows.map(idOf)).toEqual(keys.map((key) => `a/${key}`));
    for (const row of rows) await expect(checkTriplet(row as SourceTriplet)).resolves.toBeDefined();
  });

  it('accepts a text before the pictures of a key with dots, and drops one without pictures', async () => {
    const [original, edited, json] = await sample('a.b', { instruction: 'x' });
    const opened = await source([
      json,
      original,
      edited,
      { name: 'k.original.png', content: await samplePicture(1, 'png') },
      { name: 'k.extra.json', content: '{"a": 1}' },
      { name: 'k.edited.png', content: await samplePicture(2, 'png') },
      { name: 'k.json', content: '{"instruction": "y"}' },
    ]);
    expect(await rowsOf(opened)).toMatchObject([
      { record: { id: 'a/a.b', instruction: 'x' } },
      { record: { id: 'a/k', instruction: 'y' } },
    ]);
    expect(opened.notes()).toEqual([expect.stringMatching(/: k\.extra, json$/)]);
  });

  it('refuses parts that are not adjacent and explains how to pack them', async () => {
    const [a, b] = await Promise.all([sample('a'), sample('b')]);
    const opened = await source(a.flatMap((entry, at) => [entry, b[at]]));
    await expect(rowsOf(opened)).rejects.toMatchObject({
      code: 'bad-input',
      message: 'the parts of the sample "a" are not adjacent in the tar',
      hint: expect.stringContaining('tar --sort=name'),
    });
  });

  it.each(['a.tar.gz', 'a.tgz'])('reads the gzipped %s', async (name) => {
    const zipped = gzipSync(await tar(await sample('one')));
    expect(await rowsOf(await source(zipped, name))).toMatchObject([{ record: { id: 'a/one' } }]);
    const cut = await source(zipped.subarray(0, -20), name);
    await expect(rowsOf(cut)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('sets aside incomplete samples and continues', async () => {
    const path = join(await temporaryFolder(onTestFinished), 'a.tar');
    const [original, edited] = await sample('k1');
    await writeFile(
      path,
      await tar([
        ...(await sample('k0')),
        original,
        edited,
        ...(await sample('k2')).slice(0, 1),
        ...(await sample('k3', '{"instruction"')),
        ...(await sample('k4', '[1]')),
        ...(await sample('k5')),
      ]),
    );
    expect(await convertTo(path, `${path}.out`)).toMatchObject({ written: 2, setAside: 4 });
  });

  it('never uses names as paths', async () => {
    const names = ['../../etc/passwd', '/root/.ssh/id', 'C:\\x', '__proto__', '\u202Ename', 'a'.repeat(300)];
    const entries = (await Promise.all(names.map((name) => sample(name)))).flat();
    const path = join(await temporaryFolder(onTestFinished), 'a.tar');
    await writeFile(path, await tar(entries));
    expect(await convertTo(path, `${path}.out`)).toMatchObject({ written: names.length, setAside: 0 });
  });

  it.each([
    { name: 'k.original.jpg', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'k.original.jpg', type: 'link', linkname: 'k.json' },
    { name: 'k.fifo', type: 'fifo' },
    { name: 'k.device', type: 'character-device' },
  ] as const)('refuses a $type', async (entry) => {
    await expect(rowsOf(await source([...(await sample('a')), entry]))).rejects.toMatchObject({
      code: 'bad-input',
      message: `the tar contains a ${entry.type}; only files are read`,
    });
  });

  it('skips folders', async () => {
    expect(
      await rowsOf(await source([{ name: 'dir/', type: 'directory' }, ...(await sample('dir/k'))])),
    ).toHaveLength(1);
  });

  it('refuses a repeated part', async () => {
    const [original, ...rest] = await sample('k');
    await expect(rowsOf(await source([original, original, ...rest]))).rejects.toMatchObject({
      message: 'the sample has two parts for its original',
    });
  });

  it('refuses a tar that is truncated, invalid, or lies about sizes', async () => {
    const whole = await tar([...(await sample('a')), ...(await sample('b'))]);
    const refused = { code: 'bad-input' };
    for (const length of [100, 700, 1500]) {
      await expect(rowsOf(await source(whole.subarray(0, length)))).rejects.toMatchObject(refused);
    }
    await expect(rowsOf(await source(Buffer.alloc(4096, 'no tar')))).rejects.toMatchObject(refused);
    await expect(rowsOf(await source(Buffer.from([0x1f, 0x8b, 8, 0])))).rejects.toMatchObject(refused);
    const lying = Buffer.from(whole);
    lying.write('77777777777', 124, 'latin1');
    fixChecksum(lying);
    await expect(rowsOf(await source(lying))).rejects.toMatchObject({
      message: expect.stringMatching(/too many for a picture/),
    });
  });

  it('ends when the reader stops', async () => {
    const opened = await source([...(await sample('a')), ...(await sample('b')), ...(await sample('c'))]);
    for await (const row of opened.rows()) {
      expect(row).toMatchObject({ record: { id: 'a/a' } });
      break;
    }
  });
});

/** A header's checksum counts its own eight bytes as spaces. */
function fixChecksum(bytes: Buffer): void {
  bytes.fill(' ', 148, 156);
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
