import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startRun } from '../events/start-run.ts';
import type { RequestName } from './request.ts';
import { sendRequest } from './send-request.ts';
import { takeRequests } from './take-requests.ts';

const soon = (check: () => unknown) => vi.waitFor(check, 30_000);

async function listening() {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-requests-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const taken: RequestName[] = [];
  const refusals: string[] = [];
  const listen = () => {
    const end = takeRequests(folder, {
      ...{ run: 'mine', onRequest: (request) => taken.push(request), pollMilliseconds: 5 },
      onRefusal: (reason) => refusals.push(reason),
    });
    onTestFinished(end);
  };
  return { folder, taken, refusals, listen };
}

test('takes the requests of its own user in order, and leaves nothing behind', async () => {
  const { folder, taken, listen } = await listening();
  listen();
  const now = vi.spyOn(Date, 'now').mockReturnValueOnce(1).mockReturnValueOnce(2);
  onTestFinished(() => now.mockRestore());
  await sendRequest(folder, { run: 'mine', request: 'pause' });
  await sendRequest(folder, { run: 'mine', request: 'stop' });
  await sendRequest(folder, { run: 'another', request: 'checkpoint' });
  await soon(async () => expect(await readdir(join(folder, 'requests'))).toEqual([]));
  expect(taken).toEqual(['pause', 'stop']);
});

test('discards requests sent to an earlier process', async () => {
  const { folder, taken, listen } = await listening();
  await sendRequest(folder, { run: 'mine', request: 'stop' });
  listen();
  await soon(async () => expect(await readdir(join(folder, 'requests'))).toEqual([]));
  expect(taken).toEqual([]);
});

test('ignores files that are not requests', async () => {
  const { folder, taken, listen } = await listening();
  listen();
  const requests = join(folder, 'requests');
  await mkdir(requests, { mode: 0o700 });
  const stop = JSON.stringify({ run: 'mine', request: 'stop' });
  await writeFile(join(folder, 'elsewhere'), stop);
  await symlink(join(folder, 'elsewhere'), join(requests, '1.json'));
  await writeFile(join(requests, '2.json'), '{');
  await writeFile(join(requests, '3.json'), JSON.stringify({ run: 'mine', request: 'rm -rf' }));
  await writeFile(join(requests, '4.json'), stop.padEnd(5000));
  await soon(async () => expect(await readdir(requests)).toEqual([]));
  expect(taken).toEqual([]);
  expect(existsSync(join(folder, 'elsewhere'))).toBe(true);
});

test('does not read a folder that other users may write to, and reports it once', async () => {
  const { folder, taken, refusals, listen } = await listening();
  listen();
  await mkdir(join(folder, 'requests'));
  await chmod(join(folder, 'requests'), 0o777);
  await sendRequest(folder, { run: 'mine', request: 'stop' });
  await soon(() => expect(refusals).toHaveLength(1));
  // Time for a second report, which does not come.
  await sleep(30);
  expect(refusals).toEqual([expect.stringContaining('other users may write to it')]);
  expect(taken).toEqual([]);
});

test.runIf(process.getuid?.() === 0)('does not take requests from another user', async () => {
  const { folder, taken, listen } = await listening();
  listen();
  await sendRequest(folder, { run: 'another', request: 'pause' });
  const path = join(folder, 'requests', '9.tmp');
  await writeFile(path, JSON.stringify({ run: 'mine', request: 'stop' }));
  await chown(path, 65534, 65534);
  await rename(path, path.replace('.tmp', '.json'));
  await soon(async () => expect(await readdir(join(folder, 'requests'))).toEqual([]));
  expect(taken).toEqual([]);
});

test('pauses and resumes a run, and keeps a request until the work takes it', async () => {
  const { folder } = await listening();
  const run = await startRun({ folder, command: 'train' });
  onTestFinished(() => run.finish({ status: 'done' }));
  run.emit({ type: 'phase-started', phase: 'Training', unit: 'steps', requests: ['pause', 'checkpoint'] });
  const ask = (request: RequestName) => sendRequest(folder, { run: run.state.run!, request });
  await ask('pause');
  await soon(() => expect(run.state.waiting).toHaveProperty('resume'));
  let wentOn = false;
  const pause = run.requests.whilePaused().then(() => (wentOn = true));
  await ask('checkpoint');
  await ask('sample');
  await soon(() => expect(JSON.stringify(run.state.log)).toContain('cannot do'));
  expect(wentOn).toBe(false);
  await ask('resume');
  await pause;
  expect(run.state.waiting).toEqual({});
  expect([
    run.requests.take('checkpoint'),
    run.requests.take('checkpoint'),
    run.requests.take('sample'),
  ]).toEqual([true, false, false]);
});

test('ends a pause when the run is asked to stop, and when the signal fires', async () => {
  const { folder } = await listening();
  const run = await startRun({ folder, command: 'train' });
  onTestFinished(() => run.finish({ status: 'done' }));
  run.emit({ type: 'phase-started', phase: 'Training', unit: 'steps', requests: ['pause'] });
  let stopped = false;
  run.requests.onStop(() => (stopped = true));
  await sendRequest(folder, { run: run.state.run!, request: 'pause' });
  await soon(() => expect(run.state.waiting).toHaveProperty('resume'));
  const controller = new AbortController();
  const aborted = run.requests.whilePaused(controller.signal);
  controller.abort();
  await aborted;
  const pause = run.requests.whilePaused();
  await sendRequest(folder, { run: run.state.run!, request: 'stop' });
  await pause;
  expect(stopped).toBe(true);
});
