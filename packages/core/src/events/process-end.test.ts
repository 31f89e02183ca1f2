import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { livenessOf, INITIAL_STATE } from '../run-state/run-state.ts';
import { reduceRun } from '../run-state/reduce.ts';
import { readEvents } from './follow-events.ts';

const MODULE = new URL('../../dist/index.js', import.meta.url).href;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-end-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a program that starts a run and emits a hundred steps. Returns the run's state according to its events file. */
async function stateAfter(program: string, signal?: NodeJS.Signals) {
  const code = `
    import { startRun } from ${JSON.stringify(MODULE)};
    const run = await startRun({ folder: ${JSON.stringify(folder)}, command: 'train' });
    for (let step = 1; step <= 100; step++) run.emit({ type: 'step', step, metrics: {} });
    ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (signal !== undefined) child.stdout.once('data', () => child.kill(signal));
  const [exit, died] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('exit', (code, signal) => resolve([code, signal])),
  );
  let state = INITIAL_STATE;
  for await (const events of readEvents(join(folder, 'events.jsonl')))
    for (const event of events) state = reduceRun(state, event);
  return { exit, died, state, text: await readFile(join(folder, 'events.jsonl'), 'utf8') };
}

/** Prints "ready" once the events are in the file, and stays. */
const STAY = `
  const { readFileSync } = await import('node:fs');
  const written = () => readFileSync(run.folder + '/events.jsonl', 'utf8').includes('"step":100');
  const look = () => (written() ? process.stdout.write('ready') : setTimeout(look, 5));
  look();
  setInterval(() => undefined, 1000);`;

describe('the last event tells how the process ended', () => {
  it('by process.exit, with other events in flight', async () => {
    const { exit, state } = await stateAfter('process.exit(7);');
    expect(exit).toBe(7);
    expect(state).toMatchObject({ status: 'failed', step: 100, lost: 0 });
    expect(state.ending?.message).toContain('exit code 7');
  });

  it('by an uncaught exception', async () => {
    const { exit, state } = await stateAfter(`setTimeout(() => { throw new Error('out of luck'); }, 60);`);
    expect(exit).toBe(1);
    expect(state).toMatchObject({ status: 'failed', step: 100, lost: 0, ending: { message: 'out of luck' } });
  });

  it('by an unhandled rejection', async () => {
    const { state } = await stateAfter(`void Promise.reject(new Error('unloved'));`);
    expect(state).toMatchObject({ status: 'failed', ending: { message: 'unloved' } });
  });

  it('by running out of work', async () => {
    const { exit, state } = await stateAfter('');
    expect(exit).toBe(0);
    expect(state).toMatchObject({ status: 'failed', step: 100 });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s', async (signal) => {
    const { died, state } = await stateAfter(STAY, signal);
    expect(died).toBe(signal);
    expect(state).toMatchObject({ status: 'interrupted', step: 100, lost: 0 });
  });

  it('unless another listener handles the signal', async () => {
    const listener = `process.on('SIGTERM', async () => { await run.finish({ status: 'partial' }); process.exit(0); });`;
    const { exit, state } = await stateAfter(listener + STAY, 'SIGTERM');
    expect(exit).toBe(0);
    expect(state.status).toBe('partial');
  });

  it('except by kill -9, which shows as silence', async () => {
    const { died, state, text } = await stateAfter(STAY, 'SIGKILL');
    expect(died).toBe('SIGKILL');
    expect(text).toMatch(/\n$/);
    expect(state).toMatchObject({ status: 'running', step: 100 });
    expect(livenessOf(state, state.lastAt! + 29_000)).toBe('running');
    expect(livenessOf(state, state.lastAt! + 31_000)).toBe('silent');
  });
});
