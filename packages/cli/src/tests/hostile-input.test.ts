import { cp, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { readPicture } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, runJson, type Finished } from './run-cli.test.helper.ts';

const TINY = '--size 16 --steps 2 --batch-size 2 --sample-count 1 --threads 1'.split(' ');
const WEIGHTS = 'unet/diffusion_pytorch_model.safetensors';

type Row = Record<string, unknown>;

let folder: string;
let model: string;
let rows: Row[];
let made = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-hostile-'));
  const scenes = join(folder, 'scenes');
  await runCli(['data', 'scenes', scenes, '--count', '4', '--size', '16']);
  await runCli(['annotate', scenes]);
  await runCli(['train', scenes, '--out', join(folder, 'run'), ...TINY]);
  model = join(folder, 'run', 'model');
  const metadata = await readFile(join(scenes, 'metadata.jsonl'), 'utf8');
  rows = metadata
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A clear error, and nothing else: what, where, what to do, and the exit code. */
function expectError(
  { exitCode, stdout, stderr }: Finished,
  code: number,
  what: RegExp,
  where: string,
): void {
  expect(stderr).toMatch(what);
  expect(stderr).toContain(`where: ${where}`);
  expect(stderr).toMatch(/what to do: \S/);
  expect(stderr).not.toMatch(/^ +at |this is a bug/m);
  expect(stdout).toBe('');
  expect(exitCode).toBe(code);
}

const original = () => join(folder, 'scenes', String(rows[0]['original_file_name']));

function edit(picture: string, from = model): Promise<Finished> {
  const out = join(folder, `edited-${(made += 1)}.png`);
  return runCli(['edit', picture, 'make it red', '--model', from, '--out', out, '--steps', '2']);
}

describe('edit is given a model', () => {
  const broken = async (change: (copy: string) => Promise<unknown>) => {
    const copy = join(folder, `model-${(made += 1)}`);
    await cp(model, copy, { recursive: true });
    await change(copy);
    return { copy, finished: await edit(original(), copy) };
  };

  test('that is not there', async () => {
    const nowhere = join(folder, 'nowhere');
    expectError(await edit(original(), nowhere), 3, /it does not exist/, nowhere);
  });

  test.each([20, 100_000])('whose weights are cut off after %d bytes', async (bytes) => {
    const { copy, finished } = await broken((path) => truncate(join(path, WEIGHTS), bytes));
    expectError(finished, 3, /the safetensors file is invalid/, join(copy, WEIGHTS));
  });

  test('whose weights do not fit its configuration', async () => {
    const { copy, finished } = await broken(async (path) => {
      const file = join(path, 'unet', 'config.json');
      const config = JSON.parse(await readFile(file, 'utf8')) as { block_out_channels: number[] };
      config.block_out_channels[0] /= 2;
      await writeFile(file, JSON.stringify(config));
    });
    expectError(finished, 3, /the weights do not fit their configuration/, join(copy, WEIGHTS));
  });
});

describe('edit is given a picture', () => {
  test('that says of itself that it is huge, and decodes nothing of it', async () => {
    const path = join(folder, 'huge.png');
    await writeFile(path, pngOf(30_000, 30_000));
    expectError(await edit(path), 3, /30000 x 30000 pixels, more than the limit/, path);
  });

  test.each([
    ['text', 'hello'],
    ['nothing', ''],
  ])('that is %s', async (name, text) => {
    const path = join(folder, `${name}.png`);
    await writeFile(path, text);
    expectError(await edit(path), 3, /this is not a PNG, JPEG/, path);
  });

  test('that is cut off', async () => {
    const path = join(folder, 'cut.png');
    const whole = await readFile(original());
    await writeFile(path, whole.subarray(0, whole.length / 2));
    expectError(await edit(path), 3, /the picture is damaged/, path);
  });

  test.each([
    { width: 1, height: 1, becomes: [1, 1] },
    { width: 33, height: 47, becomes: [33, 47] },
    { width: 1, height: 3000, becomes: [1, 3000] },
  ])('of $width x $height pixels', async ({ width, height, becomes }) => {
    const path = join(folder, `${width}x${height}.png`);
    await writeFile(path, pngOf(width, height, 200));
    const { exitCode } = await edit(path);
    expect(exitCode).toBe(0);
    const edited = await readPicture(join(folder, `edited-${made}.png`));
    expect([edited.width, edited.height]).toEqual(becomes);
  });
});

describe('edit is given an instruction', () => {
  const instructed = (instruction: string) =>
    runJson([
      'edit',
      original(),
      instruction,
      '--model',
      model,
      '--out',
      join(folder, 'said.png'),
      '--steps',
      '2',
    ]);

  test('with control characters, which stay in the settings and do not reach the terminal', async () => {
    const instruction = 'make\tit \u001B[31mred\u0007\n';
    const { exitCode, document, stderr } = await instructed(instruction);
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({ instruction });
    expect(stderr).not.toContain('\u001B');
  });

  test('of 100,000 letters, and says what is not read', async () => {
    const { exitCode, stderr } = await instructed('make it red '.repeat(8000));
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^The model reads only the first \d+ of \d+ tokens of the instruction/m);
  });

  test('that is empty', async () => {
    const { exitCode, document } = await instructed(' ');
    expect(exitCode).toBe(2);
    expect(document).toMatchObject({ error: { message: 'the instruction is empty', where: 'INSTRUCTION' } });
  });
});

describe('edit is given options', () => {
  test.each([
    ['--scores', '6,5,5', 2],
    ['--scores', '5,5', 2],
    ['--steps', '0', 2],
    ['--seed', '99999999999999999999', 2],
    ['--text-guidance', 'NaN', 2],
    ['--size', '17', 2],
  ])('%s %s', async (name, value, code) => {
    const picture = original();
    const args = ['edit', picture, 'x', '--model', model, '--out', join(folder, 'no.png'), name, value];
    expectError(await runCli(args), code, new RegExp(`^Error: .*`), name);
  });

  test('--out with the name of the picture, under whatever path, and leaves it alone', async () => {
    const picture = join(folder, 'mine.png');
    await cp(original(), picture);
    await symlink(picture, join(folder, 'link.png'));
    for (const out of [picture, join(folder, 'scenes', '..', 'mine.png'), join(folder, 'link.png')]) {
      const finished = await runCli(['edit', picture, 'x', '--model', model, '--out', out]);
      expectError(finished, 2, /^Error: the result would overwrite the original/, '--out');
    }
    expect((await readFile(picture)).equals(await readFile(original()))).toBe(true);
  });

  test('--out with the name of a folder, and computes nothing', async () => {
    const out = join(folder, 'folder.png');
    await cp(join(folder, 'run', 'model', 'scheduler'), out, { recursive: true });
    const finished = await runCli(['edit', original(), 'x', '--model', model, '--out', out]);
    expectError(finished, 3, /^Error: there is a folder at this path/, out);
  });
});

describe('a dataset', () => {
  const lines = (given: readonly Row[]) => given.map((row) => `${JSON.stringify(row)}\n`).join('');

  /** A dataset folder with this metadata, and the pictures of the scenes. */
  async function dataset(metadata: string): Promise<string> {
    const path = join(folder, `dataset-${(made += 1)}`);
    await cp(join(folder, 'scenes'), path, { recursive: true, filter: (name) => !name.endsWith('.jsonl') });
    await writeFile(join(path, 'metadata.jsonl'), metadata);
    return path;
  }
  const annotate = (path: string) => runCli(['annotate', path]);
  const train = (path: string) =>
    runCli(['train', path, '--out', join(folder, `run-${(made += 1)}`), '--stage', '1', ...TINY]);

  test('with a line that is not JSON', async () => {
    const path = await dataset(`${lines(rows.slice(0, 2))}hello\n${lines(rows.slice(2))}`);
    const where = `${join(path, 'metadata.jsonl')}:3`;
    for (const command of [annotate, train])
      expectError(await command(path), 3, /^Error: this line is not JSON$/m, where);
  });

  test('with a line of 50 MB, and with one that is longer than any may be', async () => {
    const long = (megabytes: number) => ({ ...rows[1], description: 'x'.repeat(megabytes * 1e6) });
    const large = await annotate(await dataset(lines([rows[0], long(50)])));
    expect(large.exitCode).toBe(0);
    const path = await dataset(lines([rows[0], long(70)]));
    const where = `${join(path, 'metadata.jsonl')}:2`;
    for (const command of [annotate, train])
      expectError(await command(path), 3, /^Error: this line is longer than 64 MB$/m, where);
  });

  test.each(['../../etc/passwd', '/etc/passwd', 'pictures/../../x.png', 'C:\\x.png', 'a\0b.png'])(
    'with a picture called %j',
    async (name) => {
      const path = await dataset(lines([rows[0], { ...rows[1], edited_file_name: name }]));
      const metadata = join(path, 'metadata.jsonl');
      const scored = await annotate(path);
      expect(scored.exitCode).toBe(68);
      expect(scored.stderr).toContain(`Set aside ${String(rows[1]['id'])}: ${metadata}: `);
      expectError(await train(path), 3, /leads out of the dataset|is not a valid picture name/, metadata);
    },
  );

  test('with ids that JavaScript knows otherwise, or a terminal', async () => {
    const ids = ['__proto__', 'constructor', 'toString', '\u001B[31mred'];
    const path = await dataset(lines(rows.map((row, i) => ({ ...row, id: ids[i] }))));
    const scored = await annotate(path);
    expect(scored.exitCode).toBe(0);
    const answers = (await readFile(join(path, 'rewards.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(answers.map((line) => (JSON.parse(line) as Row)['id'])).toEqual(ids);
    expect((await annotate(path)).stderr).toContain('Judging: 4/4 triplets (100%)');
    const trained = await runCli(['train', path, '--out', join(folder, 'proto'), ...TINY]);
    expect(trained.exitCode).toBe(0);

    await rm(join(path, 'rewards.jsonl'));
    await rm(join(path, String(rows[3]['edited_file_name'])));
    const { stderr, exitCode } = await annotate(path);
    expect(exitCode).toBe(68);
    expect(stderr).toContain('Set aside \\u001b[31mred: ');
    expect(stderr).not.toContain('\u001B');
  });

  test('with the same id twice', async () => {
    const path = await dataset(lines([rows[0], rows[0]]));
    expectError(await annotate(path), 3, /two triplets have the id/, join(path, 'metadata.jsonl'));
  });

  test('without a triplet', async () => {
    const path = await dataset('');
    for (const command of [annotate, train])
      expectError(
        await command(path),
        3,
        /^Error: the dataset has no triplets$/m,
        join(path, 'metadata.jsonl'),
      );
  });

  test('of one triplet', async () => {
    const path = await dataset(lines(rows.slice(0, 1)));
    for (const command of [annotate, train]) expect((await command(path)).exitCode).toBe(0);
  });
});

/** A PNG of one grey, or with only a header that is true. */
function pngOf(width: number, height: number, grey?: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = grey === undefined ? Buffer.alloc(0) : Buffer.alloc(height * (1 + 3 * width), grey);
  for (let row = 0; row * (1 + 3 * width) < rows.length; row++) rows[row * (1 + 3 * width)] = 0;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
