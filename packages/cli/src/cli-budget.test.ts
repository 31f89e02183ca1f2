import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startJudgeServer, type Fault } from '@rewardedit/annotate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawScenes, judgeWords } from './judged-scenes.test.helper.ts';
import { runCli, startCli } from './run-cli.test.helper.ts';

const TRIPLETS = 1000;
const PRICES = { input: 10, output: 20 };

let folder: string;
let scenes: string;
let models: string;
/** What one call costs, in dollars. */
let price: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-budget-'));
  scenes = await drawScenes(folder, TRIPLETS);
  models = join(folder, 'models.json');
  await writeFile(models, JSON.stringify({ models: [{ model: 'm', vision: true, prices: PRICES }] }));
  const server = await startJudgeServer();
  await runCli([...wordsFor(server.url, 'price'), '--max-calls', '1']);
  await server.close();
  const { input, output } = await usageOfFirst();
  price = (input * PRICES.input + output * PRICES.output) / 1e6;
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Tokens of the one call that was made to learn the price. */
async function usageOfFirst() {
  const replies = join(folder, 'price', 'replies');
  const [name] = await readdir(replies);
  const [line] = (await readFile(join(replies, name), 'utf8')).split('\n');
  return (JSON.parse(line) as { reply: { usage: { input: number; output: number } } }).reply.usage;
}

function wordsFor(url: string, name: string): string[] {
  const rewards = join(folder, name, 'rewards.jsonl');
  return judgeWords(scenes, url, '--rewards', rewards, '--models', models, '--concurrency', '8');
}

/** A server of which one call in twenty goes wrong in one of these ways, and what it has charged for, in dollars. */
async function serve(faults: readonly Fault[] = []) {
  const server = await startJudgeServer({
    latency: 20,
    fault: (number) => (number % 20 === 7 ? faults[Math.floor(number / 20) % faults.length] : undefined),
  });
  const charged = () => price * server.calls.filter(({ fault }) => fault === undefined).length;
  return { ...server, charged };
}

test('a budget is that of the run: killed, continued, with a server that fails, and of all shards at once', async () => {
  const cost = 700 * price;
  const budget = ['--max-cost', String(cost)];

  const flaky = await serve(['reset', 'error']);
  const words = [...wordsFor(flaky.url, 'killed'), ...budget];
  for (let kill = 1; kill <= 3; kill += 1) {
    const { child, finished } = startCli(words);
    while (flaky.calls.length < 100 * kill) await sleep(2);
    child.kill('SIGKILL');
    await finished;
  }
  const last = await runCli(words);
  expect(last.exitCode).toBe(5);
  expect(last.stderr).toMatch(/calls got no reply, and may have been charged for/);
  // What broke off counts as spent, whether this server charged for it or not.
  const broken = flaky.calls.length * price;
  expect(broken).toBeLessThanOrEqual(cost * 1.03);
  expect(broken).toBeGreaterThan(cost * 0.97);
  const before = flaky.calls.length;
  expect((await runCli(words)).exitCode).toBe(5);
  expect(flaky.calls).toHaveLength(before);
  await flaky.close();

  const server = await serve();
  const parts = await Promise.all(
    ['0/2', '1/2'].map((shard) => runCli([...wordsFor(server.url, 'shards'), ...budget, '--shard', shard])),
  );
  expect(parts.map(({ exitCode }) => exitCode)).toContain(5);
  expect(server.charged()).toBeLessThanOrEqual(cost);
  expect(server.charged()).toBeGreaterThan(cost * 0.97);
  await server.close();
}, 120_000);
