import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { batchEndpoints, startJudgeServer, type BatchEndpoints } from '@rewardedit/annotate/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { AnnotateReport } from '../judging/conclude-annotation.ts';
import { runCli, runJson, startCli, temporaryFolder } from './run-cli.test.helper.ts';

const COUNT = 8;
const KEY = 'sk-planted-0123456789';
const env = { REWARDEDIT_API_KEY: KEY };

let original: string;
let models: string;
const removals: (() => void | Promise<void>)[] = [];
beforeAll(async () => {
  const root = await temporaryFolder((remove) => void removals.push(remove as () => Promise<void>));
  original = join(root, 'scenes');
  await runCli(['data', 'scenes', original, '--count', String(COUNT), '--size', '16']);
  models = join(root, 'models.json');
  const prices = { input: 1, output: 4 };
  await writeFile(
    models,
    JSON.stringify({ models: [{ model: 'm', vision: true, prices, batchDiscount: 0.5 }] }),
  );
});
afterAll(async () => {
  for (const remove of removals) await remove();
});

/** A copy of the dataset, and a server that has batches. */
async function setUp(): Promise<{ folder: string; batches: BatchEndpoints; options: readonly string[] }> {
  const folder = join(await temporaryFolder(onTestFinished), 'scenes');
  await cp(original, folder, { recursive: true });
  const batches = batchEndpoints();
  const server = await startJudgeServer({ key: KEY, batches });
  onTestFinished(() => server.close());
  return { folder, batches, options: [folder, '--judge', 'compatible:m', '--base-url', server.url] };
}

test('submits, lists what is pending with exit code 69, collects, and ends as without batches', async () => {
  const { folder, batches, options } = await setUp();
  const first = await runCli(['annotate', ...options, '--batch'], { env });
  expect(first.exitCode).toBe(69);
  expect(first.stdout).toMatch(/^batch +model +status +done +for$/m);
  expect(first.stdout).toMatch(/^batch_1 +m +in_progress +0\/8 +0:0\d$/m);
  expect(first.stderr).toContain('Pending: a batch is not over yet');

  const pending = await runJson(['annotate', ...options, '--batch'], { env });
  expect(pending).toMatchObject({ exitCode: 69, document: { error: { code: 'pending', exitCode: 69 } } });
  // Directly, or as a shard, which holds triplets that the batch asks about.
  for (const words of [[], ['--shard', '1/2']]) {
    const direct = await runCli(['annotate', ...options, ...words], { env });
    expect(direct.exitCode).toBe(2);
    expect(direct.stderr).toContain('asking now would pay twice');
  }

  batches.end();
  const { exitCode, document } = await runJson(['annotate', ...options, '--batch'], { env });
  expect(exitCode).toBe(0);
  const { judged, spending } = document as AnnotateReport;
  expect(judged).toBe(COUNT);
  expect(spending).toMatchObject({ calls: COUNT, unreported: 0 });

  const rewards = join(folder, 'rewards.jsonl');
  const batched = await readFile(rewards, 'utf8');
  await rm(rewards);
  await rm(join(folder, 'replies'), { recursive: true });
  await runCli(['annotate', ...options], { env });
  expect(await readFile(rewards, 'utf8')).toBe(batched);
});

test('writes the key nowhere, also where the server repeats it', async () => {
  const { folder, batches, options } = await setUp();
  const said: string[] = [];
  for (const [key, exitCode] of [
    [KEY, 69],
    [`${KEY}-wrong`, 4],
    [KEY, 69],
    [KEY, 0],
  ] as const) {
    const end = await runCli(['annotate', ...options, '--batch', '--debug'], {
      env: { REWARDEDIT_API_KEY: key },
    });
    expect(end.exitCode).toBe(exitCode);
    said.push(end.stdout, end.stderr);
    const error = { message: `the key ${KEY} is slow` };
    batches.end(
      said.length === 2 ? { fault: (place) => (place < 2 ? { status: 500, error } : undefined) } : {},
    );
  }
  for (const name of await readdir(folder, { recursive: true })) {
    const text = await readFile(join(folder, name), 'latin1').catch(() => '');
    said.push(name, text);
  }
  expect(said.join('\n')).toContain('500 the key [key] is slow');
  expect(said.join('\n')).not.toContain(KEY);
});

test('stops submitting at a limit with exit code 5, and judges what it has', async () => {
  const { folder, batches, options } = await setUp();
  const limited = ['annotate', ...options, '--model-table', models, '--batch'];
  expect((await runCli([...limited, '--max-calls', '3'], { env })).exitCode).toBe(69);
  batches.end();
  const stopped = await runCli([...limited, '--max-calls', '3'], { env });
  expect(stopped.exitCode).toBe(5);
  expect(stopped.stdout).toContain('Used so far: 3 calls, ');
  expect((await readFile(join(folder, 'rewards.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(3);
  expect((await runCli([...limited, '--max-cost', '0'], { env })).exitCode).toBe(5);
  expect(batches.batches).toHaveLength(1);
});

test('estimates at the price of batches', async () => {
  const { options } = await setUp();
  const estimate = async (...more: string[]) => {
    const { document } = await runJson(
      ['annotate', ...options, '--model-table', models, '--dry-run', ...more],
      {
        env,
      },
    );
    return document as { high: { dollars: number } };
  };
  const [full, half] = [await estimate(), await estimate('--batch')];
  expect(half.high.dollars).toBeCloseTo(full.high.dollars / 2, 12);
  expect(half.high.dollars).toBeGreaterThan(0);
});

test('waits with --wait, goes on at Ctrl-C, and sets aside what has no reply', async () => {
  const { batches, options } = await setUp();
  const { child, finished } = startCli(['annotate', ...options, '--batch', '--wait'], { env });
  child.stderr?.on('data', (text: string) => void (text.includes('Submitted') && child.kill('SIGINT')));
  const stopped = await finished;
  expect(stopped.exitCode).toBe(130);
  expect(stopped.stderr).toContain('what was submitted continues at the server');

  const filtered = { message: 'filtered', code: 'content_filter' };
  setTimeout(
    () => batches.end({ fault: (place) => (place === 2 ? { status: 400, error: filtered } : undefined) }),
    1500,
  );
  const { exitCode, stdout } = await runCli(['annotate', ...options, '--batch', '--wait'], { env });
  expect(exitCode).toBe(68);
  expect(stdout).toMatch(/^generation quality .* 7 +1$/m);
  expect(batches.batches).toHaveLength(1);

  const alone = await runCli(['annotate', ...options, '--wait'], { env });
  expect(alone.exitCode).toBe(2);
});
