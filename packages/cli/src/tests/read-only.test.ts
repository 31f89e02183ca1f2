import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runCli, temporaryFolder, type Finished } from './run-cli.test.helper.ts';
import { mountSmallDisk, whyNoSmallDisk } from './small-disk.test.helper.ts';

const MEGABYTE = 1 << 20;
const NOBODY = 65534;
/** Root may write everywhere, so the commands run as somebody else. */
const user = process.getuid?.() === 0 ? NOBODY : undefined;

const noMount = whyNoSmallDisk();
if (noMount !== undefined)
  process.stderr.write(
    `SKIPPED: a file system that is read-only, as nothing can be mounted here: ${noMount}\n`,
  );
const { exitCode: asNobody, stderr: reason } = await runCli(['--version'], { user, cwd: tmpdir() });
const noUser = process.platform === 'win32' || asNobody !== 0;
if (noUser)
  process.stderr.write(
    `SKIPPED: folders of somebody else, as the program cannot be run by another user: ${reason}\n`,
  );

const TRAIN = '--size 16 --steps 1 --batch-size 2 --sample-count 0 --threads 1'.split(' ');

let folder: string;
let scenes: string;
let run: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-read-only-'));
  scenes = join(folder, 'scenes');
  run = join(folder, 'run');
  await runCli(['data', 'scenes', scenes, '--count', '4', '--size', '16']);
  await runCli(['annotate', scenes]);
  await runCli(['train', scenes, '--out', run, ...TRAIN]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every command that writes, made to write into `to`, which holds a dataset and nothing else. */
const commands = (to: string): [name: string, args: string[]][] => {
  const picture = join(scenes, 'pictures', '000', '000000-original.png');
  return [
    ['data scenes', ['data', 'scenes', join(to, 'new'), '--count', '2']],
    ['data scenes, of more', ['data', 'scenes', to, '--count', '9', '--size', '16']],
    ['data photo-edits', ['data', 'photo-edits', join(scenes, 'pictures', '000'), join(to, 'new')]],
    ['annotate', ['annotate', to]],
    ['train', ['train', scenes, '--out', join(to, 'run'), ...TRAIN]],
    ['edit', ['edit', picture, 'make it red', '--model', join(run, 'model'), '--out', join(to, 'a.png')]],
    ['demo', ['demo', join(to, 'demo')]],
  ];
};

function expectRefused({ exitCode, stdout, stderr }: Finished, to: string, what: string): void {
  expect(stderr).toMatch(new RegExp(`^Error: cannot .*: ${what}$`, 'm'));
  expect(/^ {2}where: (.*)$/m.exec(stderr)?.[1]).toContain(to);
  expect(stderr).toContain('what to do: ');
  expect(stderr).not.toMatch(/^ +at |warning/im);
  // Nothing was computed that could not be kept.
  expect(stderr).not.toMatch(/^(Drawing|Editing|Judging|Training)/m);
  expect(stdout).toBe('');
  expect(exitCode).toBe(1);
}

async function copyOfDataset(to: string): Promise<string[]> {
  await cp(scenes, to, { recursive: true });
  await rm(join(to, 'rewards.jsonl'));
  return readdir(to, { recursive: true });
}

describe.skipIf(noUser)('a folder that belongs to somebody else', () => {
  test('is left as it is, with an error that says so', async () => {
    const parent = await temporaryFolder(onTestFinished);
    const to = join(parent, 'theirs');
    const before = await copyOfDataset(to);
    for (const path of [folder, parent]) await chmod(path, 0o755);
    await chmod(to, 0o555);
    onTestFinished(() => chmod(to, 0o755));
    // The home folder is that of root here, which nobody else can read.
    for (const [name, args] of commands(to)) {
      const finished = await runCli(args, { user, cwd: folder });
      expectRefused(finished, to, 'permission denied');
      expect(await readdir(to, { recursive: true }), name).toEqual(before);
    }
  });
});

describe.skipIf(noUser)('a picture that may not be read', () => {
  test('is set aside by annotate, and ends edit with 3', async () => {
    const parent = await temporaryFolder(onTestFinished);
    const dataset = join(parent, 'scenes');
    await copyOfDataset(dataset);
    const picture = join(dataset, 'pictures', '000', '000001-edited.png');
    await chmod(picture, 0o000);
    for (const path of [folder, parent]) await chmod(path, 0o755);
    await chmod(dataset, 0o777);
    const scored = await runCli(['annotate', dataset], { user });
    expect(scored.stderr).toContain('Set aside scene-train-0-000001: ');
    expect(scored.stderr).toContain('cannot read the picture: permission denied');
    expect(scored.exitCode).toBe(68);
    const out = join(dataset, 'edited.png');
    const edited = await runCli(['edit', picture, 'x', '--model', join(run, 'model'), '--out', out], {
      user,
    });
    expect(edited.stderr).toContain(`where: ${picture}\n`);
    expect(edited.exitCode).toBe(3);
  });
});

describe.skipIf(noMount !== undefined)('a file system that is read-only', () => {
  test('is left as it is, with an error that says so', async () => {
    const disk = mountSmallDisk(8 * MEGABYTE);
    onTestFinished(() => disk.unmount());
    const to = join(disk.folder, 'scenes');
    const before = await copyOfDataset(to);
    disk.makeReadOnly();
    for (const [name, args] of commands(to)) {
      expectRefused(await runCli(args), to, 'the file system is read-only');
      expect(await readdir(to, { recursive: true }), name).toEqual(before);
    }
  });
});

test.runIf(existsSync('/proc/self'))(
  'a file system that takes no folders ends every command with 3',
  async () => {
    const made = commands('/proc/rewardedit').filter(([name]) => name !== 'annotate');
    for (const [name, args] of made) {
      const out = name === 'edit' ? [...args.slice(0, -1), '/proc/rewardedit/a/b.png'] : args;
      const { exitCode, stderr } = await runCli(out);
      expect(stderr, name).toContain('cannot make the folder: the file system does not allow new ones');
      expect(stderr, name).toContain('where: /proc/rewardedit\n');
      expect(exitCode, name).toBe(3);
    }
  },
);
