import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotateThroughQueue } from './annotate-through-queue.ts';
import { parseQueueAddress } from './queue-address.ts';
import { startProcess } from './queue-process.test.helper.ts';
import { SERVER, startServer, type TestServer } from './redis-server.test.helper.ts';

const TRIPLETS = Number(process.env['REWARDEDIT_QUEUE_TRIPLETS'] ?? 3000);

describe.skipIf(SERVER === undefined)('throughput', () => {
  let folder: string;
  let server: TestServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rewardedit-queue-'));
    server = await startServer();
  });
  afterAll(async () => {
    await server.remove();
    await rm(folder, { recursive: true });
  });

  it(`passes ${TRIPLETS} triplets through the queue, to a worker and into the journal, and reports the rate`, async () => {
    const row = (n: number) => ({
      id: `triplet-${String(n).padStart(7, '0')}`,
      instruction: 'make the sky look like a storm is coming, and keep the house as it is',
      original_file_name: `pictures/${n}.png`,
      edited_file_name: `pictures/${n}-edited.png`,
    });
    const lines = Array.from({ length: TRIPLETS }, (_, n) => `${JSON.stringify(row(n))}\n`);
    await writeFile(join(folder, 'metadata.jsonl'), lines.join(''));
    const worker = startProcess({
      role: 'worker',
      queue: server.url,
      concurrency: 32,
      lockMilliseconds: 15_000,
    });
    const before = process.cpuUsage();
    let [done, firstAt] = [0, 0];
    await annotateThroughQueue({
      address: parseQueueAddress(server.url),
      dataset: await openDataset(folder),
      judge: { name: 'instant', version: '1' },
      settings: {},
      emit({ type }) {
        if (type !== 'judged') return;
        done += 1;
        if (done === 1) firstAt = performance.now();
      },
    });
    const seconds = (performance.now() - firstAt) / 1000;
    const { user, system } = process.cpuUsage(before);
    worker.child.kill('SIGINT');
    const { exitCode, said } = await worker.ended;
    expect(exitCode).toBe(0);
    expect(done).toBe(TRIPLETS);
    const journal = await readFile(join(folder, 'rewards.jsonl'), 'utf8');
    expect(journal.match(/\n/g)).toHaveLength(TRIPLETS);
    process.stderr.write(
      `${Math.round(TRIPLETS / seconds)} triplets/s through the queue; coordinator: ` +
        `${((user + system) / 1000 / TRIPLETS).toFixed(3)} ms of CPU each; worker: ${said.trim().split('\n').at(-1)}\n`,
    );
  }, 600_000);
});
