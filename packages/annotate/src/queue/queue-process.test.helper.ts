import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { EXIT_CODES, RewardEditError, type Emit } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { annotateThroughQueue } from './annotate-through-queue.ts';
import { createTestJudge } from './paid-judge.test.helper.ts';
import { parseQueueAddress } from './queue-address.ts';
import type { RunSettings } from './queue-run.ts';
import { runWorker } from './run-worker.ts';

const SELF = fileURLToPath(import.meta.url);

/** The task of a test's process: to start a run and wait for its answers, or to work for one. */
export type Task =
  | {
      readonly role: 'coordinator';
      readonly queue: string;
      readonly dataset: string;
      readonly settings: RunSettings;
    }
  | {
      readonly role: 'worker';
      readonly queue: string;
      readonly concurrency: number;
      readonly lockMilliseconds: number;
    };

/** How a process ended: its exit code, or undefined if it was killed, and all its output. */
export type Ended = { readonly exitCode: number | undefined; readonly said: string };

/** Starts a process. */
export function startProcess(task: Task): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [SELF, JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ exitCode: code ?? undefined, said }));
  });
  return { child, ended };
}

async function perform(task: Task): Promise<void> {
  const address = parseQueueAddress(task.queue);
  const say = (message: string) => void process.stderr.write(`${message}\n`);
  const emit: Emit = (event) => {
    if (event.type === 'warning' || event.type === 'log') say(event.message);
  };
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  if (task.role === 'worker') {
    const { concurrency, lockMilliseconds } = task;
    const options = { address, concurrency, lockMilliseconds, createJudge: createTestJudge, emit };
    const dataRoot = tmpdir();
    const before = process.cpuUsage();
    const { judged } = await runWorker({ ...options, dataRoot, signal: stop.signal });
    const { user, system } = process.cpuUsage(before);
    say(`${judged} judged, ${((user + system) / 1000 / judged).toFixed(3)} ms of CPU each`);
    return;
  }
  const { judge } = await createTestJudge(task.settings);
  await annotateThroughQueue({
    address,
    dataset: await openDataset(task.dataset),
    judge,
    settings: task.settings,
    ...{ signal: stop.signal, emit },
  });
}

if (isMainThread && process.argv[1] === SELF) {
  try {
    await perform(JSON.parse(process.argv[2]) as Task);
  } catch (error) {
    process.stderr.write(`${error instanceof RewardEditError ? `${error.code}: ` : ''}${String(error)}\n`);
    process.exitCode = error instanceof RewardEditError ? EXIT_CODES[error.code] : 1;
  }
}
