import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fingerprint } from '../tests/fingerprint.test.helper.ts';
import { runCli, startCli } from '../tests/run-cli.test.helper.ts';

const TRAIN = '--stage 1 --size 16 --batch-size 2 --sample-count 0 --threads 1 --steps 12'.split(' ');

let folder: string;
let scenes: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-at-once-'));
  scenes = join(folder, 'scenes');
  await runCli(['data', 'scenes', scenes, '--count', '300', '--size', '16']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command twice, the second time while the first is running; only the first may do anything. */
async function expectSecondRefused(args: readonly string[], where: string): Promise<void> {
  const { child, finished } = startCli(args);
  await new Promise((resolve) => child.stderr?.once('data', resolve));
  // As if it took long: it goes on when the second has ended.
  child.kill('SIGSTOP');
  const second = await runCli(args);
  child.kill('SIGCONT');
  expect(second.stderr).toContain(
    `another command (process ${child.pid}) is running here\n  where: ${where}\n`,
  );
  expect(second.stderr).toContain('what to do: wait for it to end');
  expect(second.stdout).toBe('');
  expect(second.exitCode).toBe(1);
  expect((await finished).exitCode).toBe(0);
  expect((await runCli(args)).exitCode).toBe(0);
}

test('two commands that generate the same dataset', async () => {
  const out = join(folder, 'made');
  const args = (to: string) => ['data', 'scenes', to, '--count', '300', '--size', '16'];
  await expectSecondRefused(args(out), join(folder, '.rewardedit', 'data-scenes-made', 'events.jsonl'));
  expect(await fingerprint(out)).toBe(await fingerprint(scenes));
});

test('two commands that score the same dataset', async () => {
  const dataset = join(folder, 'scored');
  await cp(scenes, dataset, { recursive: true });
  await expectSecondRefused(
    ['annotate', dataset],
    join(dataset, '.rewardedit', 'annotate-rewards.jsonl', 'events.jsonl'),
  );
  const answers = (await readFile(join(dataset, 'rewards.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(new Set(answers.map((line) => (JSON.parse(line) as { id: string }).id)).size).toBe(300);
  expect(answers).toHaveLength(300);
});

test('two commands that train in the same run folder', async () => {
  const run = join(folder, 'run');
  await expectSecondRefused(['train', scenes, '--out', run, ...TRAIN], join(run, 'events.jsonl'));
});
