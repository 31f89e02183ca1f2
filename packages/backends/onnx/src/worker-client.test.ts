import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createWorkerClient } from './worker-client.ts';

const request = { state: 0, name: 'weight' };

test.each([
  {
    what: 'ends',
    script: `require('node:worker_threads').parentPort.once('message', () => process.exit(3));`,
    reason: 'code 3',
  },
  {
    what: 'throws',
    script: `require('node:worker_threads').parentPort.once('message', () => { throw new Error('out of paper'); });`,
    reason: 'out of paper',
  },
])('when the worker $what, pending and later calls fail', async ({ script, reason }) => {
  const client = createWorkerClient(new Worker(script, { eval: true }));
  const answers = await Promise.allSettled([
    client.call('readState', 'Reading "weight"', request),
    client.call('readState', 'Reading "weight" again', request),
  ]);
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'failed' } });
    expect(String((answer as PromiseRejectedResult).reason)).toContain(reason);
  }
  await expect(client.call('readState', 'Reading later', request)).rejects.toThrow(
    `Reading later is not possible: `,
  );
  await client.dispose();
});

test('disposing fails pending calls', async () => {
  const client = createWorkerClient(new Worker('setInterval(() => {}, 1000);', { eval: true }));
  const cutOff = client.call('readState', 'Reading "weight"', request).catch(String);
  await client.dispose();
  expect(await cutOff).toContain('Reading "weight" was interrupted: the backend was disposed of.');
});
