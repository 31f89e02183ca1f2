import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, startCli } from '../tests/run-cli.test.helper.ts';

const TRAIN = '--size 16 --batch-size 2 --sample-count 0 --threads 1'.split(' ');

let folder: string;
let scenes: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-interrupt-'));
  scenes = join(folder, 'scenes');
  model = join(folder, 'run', 'model');
  await runCli(['data', 'scenes', scenes, '--count', '600', '--size', '32']);
  await runCli(['train', scenes, '--out', join(folder, 'run'), '--stage', '1', '--steps', '1', ...TRAIN]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const photos = () => join(scenes, 'pictures', '000');
const COMMANDS: [name: string, args: () => string[], continues: RegExp][] = [
  ['data scenes', () => ['data', 'scenes', join(folder, 'a'), '--count', '5000'], /continues from there/],
  [
    'data photo-edits',
    () => ['data', 'photo-edits', photos(), join(folder, 'b'), '--count', '5000'],
    /continues from there/,
  ],
  ['annotate', () => ['annotate', scenes], /continues from there/],
  [
    'train',
    () => ['train', scenes, '--out', join(folder, 'c'), '--stage', '1', '--steps', '5000', ...TRAIN],
    /Repeat the command to resume/,
  ],
  [
    'edit',
    () => [
      ...['edit', join(photos(), '000000-original.png'), 'x', '--model', model, '--size', '64'],
      ...['--out', join(folder, 'd.png'), '--steps', '1000', '--threads', '1'],
    ],
    /run the same command again to start over/,
  ],
];

test.each(COMMANDS)(
  '%s ends at SIGTERM as at Ctrl-C: saves, says how to go on, with 130',
  async (_, args, continues) => {
    const { child, finished } = startCli(args());
    const stopAtFirstProgress = (text: string) => {
      if (!/: 0\/\d+ /.test(text)) return;
      child.stderr?.off('data', stopAtFirstProgress);
      child.kill('SIGTERM');
    };
    child.stderr?.on('data', stopAtFirstProgress);
    const { exitCode, stdout, stderr } = await finished;
    expect(stderr).toContain('Stopping once work in progress is saved');
    expect(stderr).toMatch(/^Interrupted: stopped /m);
    expect(stderr).toMatch(continues);
    expect(stdout).toBe('');
    expect(exitCode).toBe(130);
  },
);
