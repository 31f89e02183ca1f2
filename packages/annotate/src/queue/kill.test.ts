import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotate } from '../run/annotate.ts';
import { createPaidJudge, startPaidService } from './paid-judge.test.helper.ts';
import { startProcess } from './queue-process.test.helper.ts';
import { SERVER, startServer, type TestServer } from './redis-server.test.helper.ts';

/** How often a worker is killed; every third time, the coordinator is killed as well. */
const KILLS = Number(process.env['REWARDEDIT_KILLS'] ?? 6);

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-queue-'));
  if (SERVER !== undefined) server = await startServer();
});
afterAll(async () => {
  await server?.remove();
  await rm(folder, { recursive: true });
});

/** Prepares a dataset without pictures, which these judges ignore, and the journals of a run without a queue. */
async function prepare(instructions: readonly string[]) {
  const own = await mkdtemp(join(folder, 'run-'));
  const straight = join(own, 'straight');
  const row = (instruction: string, n: number) => ({
    id: `triplet ${n}`,
    instruction,
    original_file_name: 'a.png',
    edited_file_name: 'b.png',
  });
  const lines = instructions.map((instruction, n) => `${JSON.stringify(row(instruction, n))}\n`);
  await writeFile(join(own, 'metadata.jsonl'), lines.join(''));
  return {
    folder: own,
    replies: join(own, 'replies'),
    read: (name: string) => readFile(join(own, name), 'utf8'),
    async expected(name: string) {
      const replies = join(straight, 'replies');
      const service = await startPaidService(replies, 0);
      const made = await createPaidJudge({ url: service.url, replies });
      const dataset = await openDataset(own);
      await annotate({ dataset, journal: join(straight, 'rewards.jsonl'), ...made, concurrency: 32 });
      service.close();
      return readFile(join(straight, name), 'utf8');
    },
  };
}

describe.skipIf(SERVER === undefined).concurrent('a queue on a real server', () => {
  it(`with two workers and a coordinator of which one is killed ${KILLS} times ends with the same journal and pays for nothing twice`, async () => {
    const count = 80 * KILLS;
    const data = await prepare(Array.from({ length: count }, (_, n) => `make it ${n}`));
    const service = await startPaidService(data.replies, 60);
    const settings = { url: service.url, replies: data.replies };
    const queue = server.url;
    const startCoordinator = () =>
      startProcess({ role: 'coordinator', queue, dataset: data.folder, settings });
    const startWorker = () => startProcess({ role: 'worker', queue, concurrency: 4, lockMilliseconds: 1000 });
    const random = createRandom(KILLS);
    let coordinator = startCoordinator();
    const workers = [startWorker(), startWorker()];
    const killed = { workers: 0, coordinators: 0 };
    while (killed.workers < KILLS && coordinator.child.exitCode === null) {
      const before = service.calls.length;
      while (service.calls.length < before + 20 && coordinator.child.exitCode === null) await sleep(20);
      await sleep(800 * random.uniform());
      const place = killed.workers % 2;
      killed.workers += workers[place].child.kill('SIGKILL') ? 1 : 0;
      await workers[place].ended;
      workers[place] = startWorker();
      if (killed.workers % 3 !== 0) continue;
      await sleep(200 * random.uniform());
      killed.coordinators += coordinator.child.kill('SIGKILL') ? 1 : 0;
      await coordinator.ended;
      coordinator = startCoordinator();
    }
    expect(await coordinator.ended).toEqual({ exitCode: 0, said: '' });
    for (const { child } of workers) child.kill('SIGINT');
    for (const { ended } of workers) expect(await ended).toMatchObject({ exitCode: 0 });
    service.close();

    expect(killed.workers).toBe(KILLS);
    expect(killed.coordinators).toBe(Math.floor(KILLS / 3));
    expect(service.paidTwice).toEqual([]);
    for (const name of ['rewards.jsonl', 'quarantine.jsonl'])
      expect(await data.read(name)).toBe(await data.expected(name));
    const { calls } = service;
    process.stderr.write(
      `${count} triplets, ${killed.workers} kills of workers and ${killed.coordinators} of the coordinator: ` +
        `${calls.length} calls, ${calls.length - count} of them because a worker was killed before it had stored the reply\n`,
    );
  }, 1_800_000);

  it('sets aside a triplet that kills every worker, and none of those beside it', async () => {
    const own = await startServer();
    const instructions = Array.from({ length: 40 }, (_, n) => (n === 5 ? 'end the process' : `make it ${n}`));
    const data = await prepare(instructions);
    const service = await startPaidService(data.replies, 200);
    const settings = { url: service.url, replies: data.replies };
    const startWorker = () =>
      startProcess({ role: 'worker', queue: own.url, concurrency: 8, lockMilliseconds: 400 });
    const coordinator = startProcess({ role: 'coordinator', queue: own.url, dataset: data.folder, settings });
    let worker = startWorker();
    let deaths = 0;
    while (coordinator.child.exitCode === null) {
      const ended = await Promise.race([worker.ended, coordinator.ended.then(() => undefined)]);
      if (ended === undefined) break;
      expect(ended.exitCode).toBeUndefined();
      deaths += 1;
      worker = startWorker();
    }
    worker.child.kill('SIGINT');
    expect(await worker.ended).toMatchObject({ exitCode: 0 });
    expect(await coordinator.ended).toMatchObject({ exitCode: 0 });
    service.close();
    await own.remove();
    // Five alone, after two beside others; a worker without processor time may be counted as dead there.
    expect([5, 6, 7]).toContain(deaths);
    const aside = (await data.read('quarantine.jsonl')).trimEnd().split('\n');
    const reasons = aside.map((line) => JSON.parse(line) as { id: string; reason: string });
    const poison = reasons.filter(({ reason }) => reason !== 'refused');
    const reason = 'the worker ended all 5 times that it judged this triplet alone';
    expect(poison).toEqual([{ id: 'triplet 5', reason }]);
    expect((await data.read('rewards.jsonl')).trimEnd().split('\n')).toHaveLength(40);
    expect(service.paidTwice).toEqual([]);
  }, 120_000);
});
