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

async function listening() {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-requests-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const taken: RequestName[] = [];
  const refusals: string[] = [];
  const listen = async () => {
    const end = takeRequests(folder, {
      ...{ run: 'mine', onRequest: (request) => taken.push(request), pollMilliseconds: 5 },
      onRefusal: (reason) => refusals.push(reason),
    });
    onTestFinished(end);
    await sleep(20);
  };
  return { folder, taken, refusals, listen };
}

test('takes what its own user asks, in order, and leaves nothing behind', async () => {
  const { folder, taken, listen } = await listening();
  await listen();
  await sendRequest(folder, { run: 'mine', request: 'pause' });
  await sleep(3);
  await sendRequest(folder, { run: 'mine', request: 'stop' });
  await sendRequest(folder, { run: 'another', request: 'checkpoint' });
  await vi.waitFor(async () => expect(await readdir(join(folder, 'requests'))).toEqual([]));
  expect(taken).toEqual(['pause', 'stop']);
});

test('what was asked of an earlier process is thrown away', async () => {
  const { folder, taken, listen } = await listening();
  await sendRequest(folder, { run: 'mine', request: 'stop' });
  await listen();
  await vi.waitFor(async () => expect(await readdir(join(folder, 'requests'))).toEqual([]));
  expect(taken).toEqual([]);
});

test('passes over what is no request', async () => {
  const { folder, taken, listen } = await listening();
  await listen();
  const requests = join(folder, 'requests');
  await mkdir(requests, { mode: 0o700 });
  const stop = JSON.stringify({ run: 'mine', request: 'stop' });
  await writeFile(join(folder, 'elsewhere'), stop);
  await symlink(join(folder, 'elsewhere'), join(requests, '1.json'));
  await writeFile(join(requests, '2.json'), '{');
  await writeFile(join(requests, '3.json'), JSON.stringify({ run: 'mine', request: 'rm -rf' }));
  await writeFile(join(requests, '4.json'), stop.padEnd(5000));
  await vi.waitFor(async () => expect(await readdir(requests)).toEqual([]));
  expect(taken).toEqual([]);
  expect(existsSync(join(folder, 'elsewhere'))).toBe(true);
});

test('a folder that others may write to is not read, which is told once', async () => {
  const { folder, taken, refusals, listen } = await listening();
  await listen();
  await mkdir(join(folder, 'requests'));
  await chmod(join(folder, 'requests'), 0o777);
  await sendRequest(folder, { run: 'mine', request: 'stop' });
  await vi.waitFor(() => expect(refusals).toHaveLength(1));
  await sleep(30);
  expect(refusals).toEqual([expect.stringContaining('other users may write to it')]);
  expect(taken).toEqual([]);
});

test.runIf(process.getuid?.() === 0)('requests of another user are not taken', async () => {
  const { folder, taken, listen } = await listening();
  await listen();
  await sendRequest(folder, { run: 'another', request: 'pause' });
  const path = join(folder, 'requests', '9.tmp');
  await writeFile(path, JSON.stringify({ run: 'mine', request: 'stop' }));
  await chown(path, 65534, 65534);
  await rename(path, path.replace('.tmp', '.json'));
  await vi.waitFor(async () => expect(await readdir(join(folder, 'requests'))).toEqual([]));
  expect(taken).toEqual([]);
});

test('a run pauses and goes on, and keeps what it is asked for until its work takes it', async () => {
  const { folder } = await listening();
  const run = await startRun({ folder, command: 'train' });
  onTestFinished(() => run.finish({ status: 'done' }));
  run.emit({ type: 'phase-started', phase: 'Training', unit: 'steps', requests: ['pause', 'checkpoint'] });
  const ask = (request: RequestName) => sendRequest(folder, { run: run.state.run!, request });
  await sleep(20);
  await ask('pause');
  await vi.waitFor(() => expect(run.state.waiting).toHaveProperty('resume'), 3000);
  let wentOn = false;
  const pause = run.requests.whilePaused().then(() => (wentOn = true));
  await ask('checkpoint');
  await ask('sample');
  await vi.waitFor(() => expect(JSON.stringify(run.state.log)).toContain('cannot do'), 3000);
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

test('a stop ends a pause, and so does the signal of the work', async () => {
  const { folder } = await listening();
  const run = await startRun({ folder, command: 'train' });
  onTestFinished(() => run.finish({ status: 'done' }));
  run.emit({ type: 'phase-started', phase: 'Training', unit: 'steps', requests: ['pause'] });
  await sleep(20);
  let stopped = false;
  run.requests.onStop(() => (stopped = true));
  await sendRequest(folder, { run: run.state.run!, request: 'pause' });
  await vi.waitFor(() => expect(run.state.waiting).toHaveProperty('resume'), 3000);
  const controller = new AbortController();
  const aborted = run.requests.whilePaused(controller.signal);
  controller.abort();
  await aborted;
  const pause = run.requests.whilePaused();
  await sendRequest(folder, { run: run.state.run!, request: 'stop' });
  await pause;
  expect(stopped).toBe(true);
});
