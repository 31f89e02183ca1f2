import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { fingerprint } from './fingerprint.test.helper.ts';
import { runCli, temporaryFolder, type Finished } from './run-cli.test.helper.ts';
import { mountSmallDisk, whyNoSmallDisk, type SmallDisk } from './small-disk.test.helper.ts';

const MEGABYTE = 1 << 20;
const DEVICE = '/dev/full';

const noMount = whyNoSmallDisk();
if (noMount !== undefined)
  process.stderr.write(
    `SKIPPED: commands on a disk that is really full, as nothing can be mounted here: ${noMount}\n`,
  );
if (!existsSync(DEVICE))
  process.stderr.write(`SKIPPED: files that cannot grow, as there is no ${DEVICE} here\n`);

const TRAIN = '--size 16 --steps 4 --batch-size 2 --checkpoint-every 2 --sample-count 0 --threads 1'.split(
  ' ',
);
const SMALL = ['--size', '16'];

let folder: string;
let scenes: string;
let run: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-full-'));
  scenes = join(folder, 'scenes');
  run = join(folder, 'run');
  await runCli(['data', 'scenes', scenes, '--count', '120', ...SMALL]);
  await runCli(['annotate', scenes]);
  await runCli(['train', scenes, '--out', run, ...TRAIN]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function disk(bytes: number): SmallDisk {
  const mounted = mountSmallDisk(bytes);
  onTestFinished(() => mounted.unmount());
  return mounted;
}

/** The command said that the disk is full, where, and what to do. */
function expectFull({ exitCode, stderr }: Finished, where: string): void {
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^Error: cannot write .*: the disk is full$/m);
  expect(stderr).toMatch(/^ {2}where: .*$/m);
  expect(/^ {2}where: (.*)$/m.exec(stderr)?.[1]).toContain(where);
  expect(stderr).toContain('what to do: free some space');
  expect(stderr).not.toMatch(/^ +at /m);
}

const linesOf = async (path: string) => (await readFile(path, 'utf8')).split('\n').length - 1;

describe.skipIf(noMount !== undefined)('on a full disk, and again when there is room', () => {
  test.each(['scenes', 'photo-edits'])('data %s ends as if the disk had been large', async (maker) => {
    const photos = join(scenes, 'pictures', '000');
    const args = (out: string) => [
      'data',
      maker,
      ...(maker === 'scenes' ? [] : [photos]),
      out,
      '--count',
      '100',
      ...SMALL,
    ];
    const small = disk(4 * MEGABYTE);
    await small.fill(0.7 * MEGABYTE);
    const out = join(small.folder, 'made');
    expectFull(await runCli(args(out)), out);
    const rows = await linesOf(join(out, 'metadata.jsonl'));
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(100);

    await small.empty();
    const { exitCode, stdout } = await runCli(args(out));
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`(${100 - rows} new, ${rows} existing)`);
    const whole = join(await temporaryFolder(onTestFinished), 'made');
    await runCli(args(whole));
    expect(await fingerprint(out)).toBe(await fingerprint(whole));
  });

  test('annotate keeps the answers that it has', async () => {
    const small = disk(4 * MEGABYTE);
    const dataset = join(small.folder, 'scenes');
    await cp(scenes, dataset, { recursive: true });
    await rm(join(dataset, 'rewards.jsonl'));
    await small.fill(48 * 1024);
    const journal = join(dataset, 'rewards.jsonl');
    expectFull(await runCli(['annotate', dataset]), journal);
    const kept = await readFile(journal, 'utf8');
    expect(kept).toMatch(/\n$/);

    await small.empty();
    expect((await runCli(['annotate', dataset])).exitCode).toBe(0);
    const all = await readFile(journal, 'utf8');
    expect(all.split('\n')).toEqual(expect.arrayContaining(kept.split('\n')));
    expect(all).toBe(await readFile(join(scenes, 'rewards.jsonl'), 'utf8'));
  });

  test('train goes on from the last whole checkpoint, to the same weights', async () => {
    const state = join(run, 'checkpoints', 'step-000004', 'state.safetensors');
    const checkpoint = (await stat(state)).size;
    const small = disk(6 * checkpoint);
    await small.fill(1.3 * checkpoint);
    const out = join(small.folder, 'run');
    const args = ['train', scenes, '--out', out, ...TRAIN];
    expectFull(await runCli(args), join(out, 'checkpoints', 'step-000004'));
    expect(await readdir(join(out, 'checkpoints'))).toEqual(['step-000002']);

    await small.empty();
    const { exitCode, stderr } = await runCli(args);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^Training: 2\/4 steps/m);
    const weights = 'model/unet/diffusion_pytorch_model.safetensors';
    expect((await readFile(join(out, weights))).equals(await readFile(join(run, weights)))).toBe(true);
  });

  test('edit leaves the earlier picture alone', async () => {
    const small = disk(MEGABYTE);
    const out = join(small.folder, 'edited.png');
    const picture = join(scenes, 'pictures', '000', '000000-original.png');
    const edit = (seed: number) =>
      runCli([
        'edit',
        picture,
        'make it red',
        '--model',
        join(run, 'model'),
        '--out',
        out,
        '--seed',
        `${seed}`,
      ]);
    expect((await edit(0)).exitCode).toBe(0);
    const before = await readFile(out);
    await small.fill(0);
    expectFull(await edit(1), out);
    expect((await readFile(out)).equals(before)).toBe(true);
    expect((await readdir(small.folder)).toSorted()).toEqual(['edited.png', 'filler']);
    await small.empty();
    expect((await edit(1)).exitCode).toBe(0);
    expect((await readFile(out)).equals(before)).toBe(false);
  });
});

describe.skipIf(!existsSync(DEVICE))('where a file cannot grow', () => {
  test('data scenes names the picture, and makes it again', async () => {
    const out = join(await temporaryFolder(onTestFinished), 'scenes');
    const args = (count: number) => ['data', 'scenes', out, '--count', String(count), ...SMALL];
    await runCli(args(2));
    const picture = join(out, 'pictures', '000', '000003-edited.png');
    await symlink(DEVICE, picture);
    expectFull(await runCli(args(5)), picture);
    expect(await linesOf(join(out, 'metadata.jsonl'))).toBe(2);
    await rm(picture);
    expect((await runCli(args(5))).exitCode).toBe(0);
    const whole = join(await temporaryFolder(onTestFinished), 'scenes');
    await runCli(args(5).with(2, whole));
    expect(await fingerprint(out)).toBe(await fingerprint(whole));
  });

  test('train says that its events are missing, and goes on', async () => {
    const out = join(await temporaryFolder(onTestFinished), 'run');
    await mkdir(out);
    const events = join(out, 'events.jsonl');
    await symlink(DEVICE, events);
    const { exitCode, stdout, stderr } = await runCli(['train', scenes, '--out', out, ...TRAIN]);
    expect(stderr).toContain(`Warning: cannot write the events: the disk is full (${out});`);
    expect(stdout).toContain('Trained 4 steps');
    expect(exitCode).toBe(0);
  });
});
