import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { followEvents } from '@rewardedit/core';

const BIN = fileURLToPath(new URL('../../../packages/cli/bin/run.js', import.meta.url));
const SOCKET = `rewardedit-bench-${process.pid}`;
/** After the screen comes or goes, so many steps say nothing. */
const SETTLING = 4;

export type ScreenCosts = {
  /** Seconds a step takes, in the median. */
  readonly without: number;
  readonly with: number;
  /** By how much a step is longer with a screen. */
  readonly change: number;
  readonly steps: number;
};

/**
 * Measures what a screen that is attached to a training costs it: by turns, some steps with a screen in a terminal (tmux) and some without.
 * Throws where there is no tmux.
 */
export async function measureScreen({
  turns,
  block,
  threads,
}: {
  readonly turns: number;
  readonly block: number;
  readonly threads: number;
}): Promise<ScreenCosts> {
  if (spawnSync('tmux', ['-V']).status !== 0) throw new Error('a screen needs a terminal: install tmux');
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-bench-'));
  const [scenes, run] = [join(folder, 'scenes'), join(folder, 'run')];
  const steps = 2 * turns * block + block;
  const cli = (...words: string[]) => spawn(process.execPath, [BIN, ...words], { stdio: 'ignore' });
  await new Promise((done) => cli('data', 'scenes', scenes, '--count', '64').once('exit', done));
  const settings = ['--stage', '1', '--sample-count', '0', '--checkpoint-every', String(2 * steps)];
  const training = cli(
    'train',
    scenes,
    '--out',
    run,
    '--steps',
    String(steps),
    '--threads',
    String(threads),
    ...settings,
  );
  const times = { with: [] as number[], without: [] as number[] };
  const controller = new AbortController();
  training.once('exit', () => controller.abort());
  try {
    for await (const events of followEvents(join(run, 'events.jsonl'), {
      signal: controller.signal,
      pollMilliseconds: 50,
    })) {
      for (const event of events) {
        if (event.type !== 'step' || event.seconds === undefined) continue;
        const turn = Math.floor((event.step - 1) / block);
        const within = (event.step - 1) % block;
        // The first block warms up.
        const isWith = turn % 2 === 1;
        if (within === 0 && isWith) openScreen(run);
        if (within === 0 && !isWith) closeScreen();
        if (turn > 0 && within >= SETTLING) times[isWith ? 'with' : 'without'].push(event.seconds);
      }
    }
  } finally {
    closeScreen();
    training.kill();
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
