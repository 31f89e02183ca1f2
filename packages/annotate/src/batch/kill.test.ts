import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeScenes } from '@rewardedit/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchEndpoints, startJudgeServer, type BatchEndpoints, type JudgeServer } from '../testing/index.ts';
import { annotateByBatches, annotateDirectly, inProcess, type Task } from './batch-process.test.helper.ts';

const COUNT = 6;

let folder: string;
let dataset: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-batch-kill-'));
  dataset = join(folder, 'scenes');
  await writeScenes({ folder: dataset, count: COUNT, size: 16, seed: 5 });
});
afterAll(() => rm(folder, { recursive: true }));

const taskFor = (server: JudgeServer, name: string, requests: number): Task => ({
  dataset,
  answers: join(folder, name, 'rewards.jsonl'),
  url: server.url,
  limits: { requests, bytes: 1e7, tokens: 1e9 },
});

/** No request was done twice, all answers equal those of direct calls, and nothing is left here or at the server. */
async function expectDoneOnce(server: JudgeServer, batches: BatchEndpoints, task: Task): Promise<void> {
  expect([...batches.done.values()]).toEqual(Array(COUNT).fill(1));
  expect(batches.files.size).toBe(0);
  const direct = taskFor(server, 'direct', COUNT);
  await annotateDirectly(direct);
  expect(await readFile(task.answers)).toEqual(await readFile(direct.answers));
  await rm(join(folder, 'direct'), { recursive: true });
  const left = await readdir(join(task.answers, '..'));
  expect(left.toSorted()).toEqual(['batches.jsonl', 'replies', 'rewards.jsonl', 'spending']);
}

class Death extends Error {}

test('a process killed after any event pays for nothing twice, even if batches expire half done', async () => {
  const batches = batchEndpoints();
  const server = await startJudgeServer({ batches });
  const task = taskFor(server, 'notes', 2);
  const noted: string[] = [];
  let deaths = 0;
  for (let runs = 0; ; runs++) {
    let isFirst = true;
    const onNote = ({ event }: { event: string }) => {
      noted.push(event);
      if (!isFirst) return;
      isFirst = false;
      deaths += 1;
      throw new Death();
    };
    const end = await annotateByBatches(task, { onNote }).catch((error: unknown) => {
      if (error instanceof Death) return undefined;
      throw error;
    });
    if (noted.at(-1) === 'finished') break;
    if (end?.code === 'pending') {
      const isFirstRound = batches.done.size === 0;
      batches.end(isFirstRound ? { status: 'expired', share: 0.5 } : {});
    }
    expect(runs).toBeLessThan(80);
  }
  // Three files that each expire half done, and two with the other halves.
  const times = (event: string) => noted.filter((each) => each === event).length;
  for (const event of ['prepared', 'uploaded', 'submitted', 'collected', 'cleared'])
    expect(times(event)).toBe(5);
  expect(batches.batches).toHaveLength(5);
  expect(deaths).toBe(noted.length);
  await expectDoneOnce(server, batches, task);
  await server.close();
});

test('a process killed while the server works pays for nothing twice', async () => {
  const steps = new Set([
    'after POST /files',
    'before POST /batches',
    'after GET /files/ID/content',
    'after DELETE /files/ID',
  ]);
  let child: ChildProcess | undefined;
  let dead: Promise<unknown> | undefined;
  const batches = batchEndpoints({
    async onStep(step) {
      if (!steps.delete(step)) return;
      child?.kill('SIGKILL');
      await dead;
    },
  });
  const server = await startJudgeServer({ batches });
  const task = taskFor(server, 'steps', COUNT);
  const ends: string[] = [];
  while (ends.at(-1) !== 'done') {
    const started = inProcess(task);
    child = started.child;
    dead = started.ended;
    ends.push(await started.ended);
    batches.end();
    expect(ends.length).toBeLessThan(10);
  }
  expect(ends.filter((end) => end === 'killed')).toHaveLength(4);
  expect(steps.size).toBe(0);
  expect(batches.batches).toHaveLength(1);
  await expectDoneOnce(server, batches, task);
  await server.close();
});
