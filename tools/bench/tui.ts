import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { followEvents } from '@rewardedit/core';

const BIN = fileURLToPath(new URL('../../../packages/cli/bin/run.js', import.meta.url));
const SOCKET = `rewardedit-bench-${process.pid}`;
/** How long a block lasts. */
const BLOCK_SECONDS = 14;
/** After the screen comes or goes, so long nothing counts: it starts within this time. */
const SETTLING_SECONDS = 5;
/** More than are done. */
const STEPS = 1_000_000;

export type ScreenCosts = {
  /** Seconds a step takes, in the median. */
  readonly without: number;
  readonly with: number;
  /** By how much a step is longer with a screen. */
  readonly change: number;
  readonly steps: number;
};

/**
 * Measures what a screen that is attached to a training costs it: by turns, a block of steps with a screen in a terminal (tmux) and one
 * without. Throws where there is no tmux.
 */
export async function measureScreen({
  blocks,
  threads,
}: {
  /** Of each kind. */
  readonly blocks: number;
  readonly threads: number;
}): Promise<ScreenCosts> {
  if (spawnSync('tmux', ['-V']).status !== 0) throw new Error('a screen needs a terminal: install tmux');
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-bench-'));
  const [scenes, run] = [join(folder, 'scenes'), join(folder, 'run')];
  const cli = (...words: string[]) => spawn(process.execPath, [BIN, ...words], { stdio: 'ignore' });
  await new Promise((done) => cli('data', 'scenes', scenes, '--count', '64').once('exit', done));
  const settings = ['--stage', '1', '--sample-count', '0', '--checkpoint-every', String(STEPS)];
  const training = cli(
    ...['train', scenes, '--out', run, '--steps', String(STEPS), '--threads', String(threads)],
    ...settings,
  );
  const ended = new Promise((done) => training.once('exit', done));
  const times = { with: [] as number[], without: [] as number[] };
  const controller = new AbortController();
  void ended.then(() => controller.abort());
  /** The block that is open, and since when; the first one, without a screen, warms up. */
  let block = { number: 0, since: performance.now() };
  try {
    for await (const events of followEvents(join(run, 'events.jsonl'), {
      signal: controller.signal,
      pollMilliseconds: 100,
    })) {
      for (const event of events) {
        if (event.type !== 'step' || event.seconds === undefined) continue;
        if (event.step === 1) block.since = performance.now();
        const isWith = block.number % 2 === 1;
        const seconds = (performance.now() - block.since) / 1000;
        if (block.number > 0 && seconds > SETTLING_SECONDS)
          times[isWith ? 'with' : 'without'].push(event.seconds);
        if (seconds < BLOCK_SECONDS) continue;
        if (block.number === 2 * blocks) {
          controller.abort();
          break;
        }
        block = { number: block.number + 1, since: performance.now() };
        if (isWith) closeScreen();
        else openScreen(run);
      }
    }
  } finally {
    closeScreen();
    training.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
  const [without, withScreen] = [median(times.without), median(times.with)];
  return {
    without,
    with: withScreen,
    change: withScreen / without - 1,
    steps: times.with.length + times.without.length,
  };
}

function openScreen(run: string): void {
  spawnSync('tmux', [
    '-L',
    SOCKET,
    '-f',
    '/dev/null',
    'new-session',
    '-d',
    '-x',
    '120',
    '-y',
    '36',
    process.execPath,
    BIN,
    'watch',
    run,
  ]);
}

function closeScreen(): void {
  spawnSync('tmux', ['-L', SOCKET, 'kill-server']);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

export function formatScreen({ without, with: withScreen, change, steps }: ScreenCosts): string {
  const ms = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`;
  const sign = change < 0 ? '' : '+';
  return `a step: ${ms(without)} without a screen, ${ms(withScreen)} with one (${sign}${(100 * change).toFixed(1)} %), medians over ${steps} steps`;
}
