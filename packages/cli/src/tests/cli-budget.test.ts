import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchEndpoints, startJudgeServer, type Fault } from '@rewardedit/annotate/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { drawScenes, judgeWords } from './judged-scenes.test.helper.ts';
import { SERVER, startServer } from './redis-server.test.helper.ts';
import { runCli, runJson, startCli, untilSays } from './run-cli.test.helper.ts';

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
  await writeFile(
    models,
    JSON.stringify({ models: [{ model: 'm', vision: true, prices: PRICES, batchDiscount: 0.5 }] }),
  );
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
  return judgeWords(scenes, url, '--rewards', rewards, '--model-table', models, '--concurrency', '8');
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
  const words = wordsFor(flaky.url, 'killed');
  for (let kill = 1; kill <= 3; kill += 1) {
    // Told once, it is kept with the run.
    const { child, finished } = startCli(kill === 1 ? [...words, ...budget] : words);
    while (flaky.calls.length < 100 * kill) await sleep(2);
    child.kill('SIGKILL');
    await finished;
  }
  const last = await runCli(words);
  expect(last.exitCode).toBe(5);
  expect(last.stderr).toMatch(/calls got no reply and may have been charged/);
  expect(last.stderr).toMatch(/^The budget of the run stays at \$[\d.]+; spent so far: \$[\d.]+\.$/m);
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
    ['1/2', '2/2'].map((shard) => runCli([...wordsFor(server.url, 'shards'), ...budget, '--shard', shard])),
  );
  expect(parts.map(({ exitCode }) => exitCode)).toContain(5);
  expect(server.charged()).toBeLessThanOrEqual(cost);
  expect(server.charged()).toBeGreaterThan(cost * 0.97);
  await server.close();
}, 120_000);

test('a budget is kept with the run, told where it is not given, and replaced by another one', async () => {
  const server = await serve();
  const words = wordsFor(server.url, 'kept');
  const told = async (...more: string[]) => {
    const { exitCode, stderr } = await runCli([...words, ...more]);
    return { exitCode, calls: server.calls.length, lines: stderr.match(/^.*budget.*$/gm) };
  };
  const first = await told('--max-cost', String(30 * price), '--max-calls', '400');
  expect(first).toMatchObject({
    exitCode: 5,
    lines: [expect.stringMatching(/budget is used up: .* of .* spent, and/)],
  });

  const again = await told();
  expect(again.exitCode).toBe(5);
  expect(again.calls).toBe(first.calls);
  expect(again.lines![0]).toMatch(
    /^The budget of the run stays at \$[\d.]+, 400 calls; spent so far: \$[\d.]+, \d+ calls\.$/,
  );

  const lower = await told('--max-cost', String(price));
  expect(lower).toMatchObject({ exitCode: 5, calls: first.calls });
  expect(lower.lines).toEqual([expect.stringMatching(/budget is used up: \$[\d.]+ of \$[\d.]+ spent$/)]);

  const more = await told('--max-cost', String(60 * price));
  expect(more.exitCode).toBe(5);
  expect(more.lines![0]).toMatch(
    /^The budget of the run was \$[\d.]+, 400 calls and is now \$[\d.]+, 400 calls/,
  );
  expect(server.charged()).toBeLessThanOrEqual(60 * price);
  expect(more.calls).toBeGreaterThan(first.calls);

  await writeFile(join(folder, 'kept', 'spending', 'budget.json'), '{"cost":');
  expect(await told()).toMatchObject({ exitCode: 3, calls: more.calls });
  await server.close();
}, 60_000);

test('a budget that is told to one process holds for those that are at work', async () => {
  const server = await startJudgeServer({ latency: 200 });
  const [unlimited, limited] = ['1/2', '2/2'].map((shard) => [
    ...wordsFor(server.url, 'late'),
    '--shard',
    shard,
  ]);
  const running = startCli(unlimited);
  while (server.calls.length < 20) await sleep(5);
  const cost = String(100 * price);
  expect((await runCli([...limited, '--max-cost', cost])).exitCode).toBe(5);
  expect((await running.finished).exitCode).toBe(5);
  expect(server.calls.length).toBeLessThan(TRIPLETS / 2);
  await server.close();
}, 60_000);

test('batches and direct calls have one budget, in whatever order', async () => {
  const cost = 500 * price;
  const batches = batchEndpoints({ immediate: true });
  const server = await startJudgeServer({ latency: 5, batches });
  onTestFinished(() => server.close());
  const words = wordsFor(server.url, 'batches');
  const direct = async (...more: string[]) => runCli([...words, ...more]);
  expect((await direct('--max-calls', '100', '--max-cost', String(cost))).exitCode).toBe(5);
  const directly = server.calls.length;
  expect(directly).toBe(100);

  // A batch holds what fits at the most that it can take, so several go nearer to the budget, one after the other.
  const batched = await direct('--max-calls', '100000', '--batch', '--wait');
  expect(batched.exitCode).toBe(5);
  expect(batched.stdout).toMatch(/^Used so far: \d+ calls, .*; the run so far: \d+ calls, \$[\d.]+\.$/m);
  const byBatches = [...batches.done.values()].reduce((sum, times) => sum + times, 0);
  // What a call costs differs by the length of its instruction, by less than a hundredth.
  const spent = directly * price + byBatches * 0.5 * price;
  expect(spent).toBeLessThanOrEqual(cost * 1.01);
  expect(spent).toBeGreaterThan(cost * 0.97);

  const before = server.calls.length;
  const { exitCode, document } = await runJson(words);
  expect(exitCode).toBe(5);
  expect(document).toMatchObject({ error: { code: 'exhausted' } });
  expect((server.calls.length - before) * price + spent).toBeLessThanOrEqual(cost * 1.01);
}, 120_000);

test.skipIf(SERVER === undefined)(
  'the workers of a queue have one budget, with what was spent before',
  async () => {
    const password = 's3cret-pass';
    const url = await startServer(onTestFinished, password);
    const server = await serve();
    const cost = 500 * price;
    const words = wordsFor(server.url, 'queue');
    expect((await runCli([...words, '--max-cost', String(100 * price)])).exitCode).toBe(5);
    const env = { REDIS_PASSWORD: password };
    const workers = [1, 2, 3].map(() =>
      startCli(
        [
          ...[
            'worker',
            '--queue',
            url,
            '--data',
            folder,
            '--judge',
            'compatible:m',
            '--base-url',
            server.url,
          ],
          ...['--model-table', models, '--concurrency', '8', '--until-empty'],
        ],
        { env },
      ),
    );
    // One that came when the run was over would wait a minute for the next.
    await Promise.all(workers.map((worker) => untilSays(worker, 'Judging triplets from')));
    const run = await runCli([...words, '--queue', url, '--max-cost', String(cost)], { env });
    expect(run.exitCode).toBe(5);
    expect(run.stderr).toMatch(/^The budget of the run was \$[\d.]+ and is now \$[\d.]+/m);
    expect(run.stderr).toMatch(
      /^The workers made \d+ calls, for \$[\d.]+; the run so far: \d+ calls, \$[\d.]+\.$/m,
    );
    const ends = await Promise.all(workers.map(({ finished }) => finished));
    for (const { stderr } of ends) expect(stderr).toMatch(/^The budget of the run: \$[\d.]+\.$/m);
    expect(server.charged()).toBeLessThanOrEqual(cost);
    expect(server.charged()).toBeGreaterThan(cost * 0.97);

    // Directly, it goes on with what is left: nothing.
    const before = server.calls.length;
    expect((await runCli(words)).exitCode).toBe(5);
    expect((server.calls.length - before) * price).toBeLessThan(cost * 0.03);
    await server.close();
  },
  120_000,
);
