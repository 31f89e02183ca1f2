import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotate } from '../annotate.ts';
import { createPaidJudge, startPaidService } from './paid-judge.test.helper.ts';
import { startProcess } from './queue-process.test.helper.ts';
import { SERVER, startServer, type TestServer } from './redis-server.test.helper.ts';

/** How often a worker is killed; every third time the coordinator as well. */
const KILLS = Number(process.env['REWARDEDIT_KILLS'] ?? 8);
const TRIPLETS = 80 * KILLS;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-queue-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(SERVER === undefined)('a queue on a real server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.remove());

  it(`with two workers and a coordinator that are killed ${KILLS} times, ends with the same journal and pays for nothing twice`, async () => {
    const path = join(folder, 'metadata.jsonl');
    const rows = Array.from({ length: TRIPLETS }, (_, n) => ({
      id: `triplet ${n}`,
      instruction: `make it ${n}`,
      original_file_name: 'a.png',
      edited_file_name: 'b.png',
    }));
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const dataset = await openDataset(folder);

    const straight = join(folder, 'straight', 'rewards.jsonl');
    const free = await startPaidService(join(folder, 'straight', 'replies'), 0);
    const straightSettings = { url: free.url, replies: join(folder, 'straight', 'replies') };
    await annotate({
      dataset,
      journal: straight,
      ...(await createPaidJudge(straightSettings)),
      concurrency: 32,
    });
    free.close();

    const replies = join(folder, 'replies');
    const service = await startPaidService(replies, 60);
    const settings = { url: service.url, replies };
    const startCoordinator = () =>
      startProcess({ role: 'coordinator', queue: server.url, dataset: folder, settings });
    const startWorker = () =>
      startProcess({ role: 'worker', queue: server.url, concurrency: 4, lockMilliseconds: 1000 });
    const random = createRandom(KILLS);
    let coordinator = startCoordinator();
    const workers = [startWorker(), startWorker()];
    let coordinatorKills = 0;
    for (let kills = 1; kills <= KILLS; kills += 1) {
      await sleep(600 + 800 * random.uniform());
      if (coordinator.child.exitCode !== null) break;
      const place = kills % 2;
      workers[place].child.kill('SIGKILL');
      await workers[place].ended;
      workers[place] = startWorker();
      if (kills % 3 !== 0) continue;
      await sleep(200 * random.uniform());
      coordinatorKills += coordinator.child.kill('SIGKILL') ? 1 : 0;
      await coordinator.ended;
      coordinator = startCoordinator();
    }
    const { exitCode, said } = await coordinator.ended;
    expect(said).not.toMatch(/error/i);
    expect(exitCode).toBe(0);
    for (const { child } of workers) child.kill('SIGINT');
    for (const { ended } of workers) expect(await ended).toMatchObject({ exitCode: 0 });
    service.close();

    expect(coordinatorKills).toBeGreaterThan(0);
    expect(service.paidTwice).toEqual([]);
    const names = ['rewards.jsonl', 'quarantine.jsonl'];
    for (const name of names)
      expect(await readFile(join(folder, name), 'utf8')).toBe(
        await readFile(join(folder, 'straight', name), 'utf8'),
      );
    process.stderr.write(
      `${TRIPLETS} triplets, ${KILLS} kills of workers and ${coordinatorKills} of the coordinator: ${service.calls.length} calls, ` +
        `${service.calls.length - TRIPLETS} of them for replies that a kill lost before they were stored\n`,
    );
  }, 600_000);
});
