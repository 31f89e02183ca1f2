import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startJudgeServer, type JudgeServer, type Question } from '@rewardedit/annotate/testing';
import { openDataset, writeScenes } from '@rewardedit/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storedReplies } from './judged-scenes.test.helper.ts';
import { runCli, startCli } from './run-cli.test.helper.ts';

const COUNT = 14;

let folder: string;
let held: string;
let edits: string;
let server: JudgeServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-eval-judge-'));
  held = join(folder, 'held');
  await writeScenes({ folder: held, count: COUNT, size: 16, seed: 5, split: 'held-out', faultRate: 0 });
  // An editor that changes nothing.
  edits = join(folder, 'edits');
  await mkdir(edits);
  const dataset = await openDataset(held);
  for await (const { id, original } of dataset.triplets())
    await copyFile(dataset.resolve(original), join(edits, `${id}.png`));
  server = await startJudgeServer({ latency: 100, reply });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A reply that tells which question it answers. */
function reply({ topic }: Question): string {
  const judged = (at: number) => ({ failures: '', score: Number.parseInt(topic[at], 16) });
  return JSON.stringify({ changes: topic, following: judged(0), preserving: judged(1), quality: judged(2) });
}
const topicOf = (text: string) => (JSON.parse(text) as { changes: string }).changes;

const words = (out: string, judge: string, ...more: string[]) => [
  ...['eval', edits, '--on', held, '--out', join(folder, out), '--judge', judge],
  ...['--base-url', server.url, '--concurrency', '2', ...more],
];

/** When each edit was written. */
async function editTimes(out: string): Promise<readonly number[]> {
  const made = join(folder, out, 'edits');
  const files = (await readdir(made, { recursive: true })).filter((name) => name.endsWith('.png')).sort();
  return Promise.all(files.map(async (name) => (await stat(join(made, name))).mtimeMs));
}

test('killed while judging, eval makes and pays nothing twice; its stored replies give the same table again and again, without a key', async () => {
  const { child, finished } = startCli(words('judged', 'compatible:m'));
  await expect.poll(() => server.calls.length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(5);
  child.kill('SIGKILL');
  await finished;
  const replies = join(folder, 'judged', 'replies');
  const paid = (await storedReplies(replies)).map(topicOf);
  expect(paid.length).toBeGreaterThan(0);
  expect(paid.length).toBeLessThan(COUNT);
  const made = await editTimes('judged');
  expect(made).toHaveLength(COUNT);

  const judged = await runCli(words('judged', 'compatible:m'));
  expect(judged.exitCode).toBe(0);
  const asked = server.calls.map(({ topic }) => topic);
  for (const topic of paid) expect(asked.filter((other) => other === topic)).toHaveLength(1);
  expect(await storedReplies(replies)).toHaveLength(COUNT);
  expect(await editTimes('judged')).toEqual(made);

  const calls = server.calls.length;
  for (const out of ['first', 'second']) {
    const replayed = await runCli(words(out, 'replay:compatible:m', '--cache-dir', replies));
    expect(replayed).toMatchObject({ exitCode: 0, stdout: judged.stdout });
    const rewards = (run: string) => readFile(join(folder, run, 'rewards.jsonl'), 'utf8');
    expect(await rewards(out)).toBe(await rewards('judged'));
  }
  expect(server.calls).toHaveLength(calls);
}, 240_000);
