import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRandom, followEvents } from '@rewardedit/core';
import {
  medianInterval,
  pairChanges,
  stepsIn,
  type Block,
  type PairChange,
  type TimedStep,
} from './blocks.ts';
import { openScreen, type OpenedScreen } from './opened-screen.ts';

const BIN = fileURLToPath(new URL('../../../../packages/cli/bin/run.js', import.meta.url));
/** The length of a block: several frames of the screen. */
const BLOCK_SECONDS = 6;
/** Time after a switch that does not count. */
const SETTLING_SECONDS = 0.4;
/** Time before the first block, for training and screen to start and compile. */
const WARM_UP_SECONDS = 20;
/** More than will be done. */
const STEPS = 1_000_000;

export type ScreenCosts = {
  /**
   * Relative increase of a step's length with a screen: the median over pairs of blocks, and its 95 %
   * interval.
   */
  readonly change: number;
  readonly interval: readonly [low: number, high: number] | null;
  readonly pairs: readonly PairChange[];
  /** Median milliseconds over all steps. */
  readonly medianStep: { readonly without: number; readonly with: number };
  readonly steps: number;
  /**
   * Processor seconds per minute of the screen and its terminal, where the system reports it. With as many
   * threads as processors, the screen's share is an upper bound of the slowdown that it causes.
   */
  readonly aMinute: { readonly screen: number; readonly terminal: number } | undefined;
};

/** The duration of a measurement of this many pairs, in seconds. */
function secondsOf(pairs: number): number {
  return WARM_UP_SECONDS + 2 * pairs * BLOCK_SECONDS;
}

/**
 * Measures how much a screen slows down the training that it watches. Next to one training, one screen is
 * alternately running and stopped, in random order within every pair of blocks; the halves of a pair are
 * close in time, so that other changes of the machine affect both. Reports progress on stderr. Throws if tmux
 * is missing, or if the training ends.
 */
export async function measureScreen({
  pairs,
  threads,
}: {
  readonly pairs: number;
  readonly threads: number;
}): Promise<ScreenCosts> {
  if (spawnSync('tmux', ['-V']).status !== 0) throw new Error('a screen needs a terminal: install tmux');
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-bench-'));
  const [scenes, run] = [join(folder, 'scenes'), join(folder, 'run')];
  const cli = (...words: string[]) => spawn(process.execPath, [BIN, ...words], { stdio: 'ignore' });
  await new Promise((done) => cli('data', 'scenes', scenes, '--count', '64').once('exit', done));
  const training = cli(
    ...['train', scenes, '--out', run, '--steps', String(STEPS), '--threads', String(threads)],
    ...['--stage', '1', '--sample-count', '0', '--checkpoint-every', String(STEPS)],
  );
  const ended = new Promise<void>((done) => training.once('exit', () => done()));
  const controller = new AbortController();
  void ended.then(() => controller.abort());
  const steps: TimedStep[] = [];
  const reading = readSteps(join(run, 'events.jsonl'), steps, controller.signal);
  let screen: OpenedScreen | undefined;
  try {
    const stepsNow = () => {
      if (controller.signal.aborted) throw new Error('the training ended before the measurement');
      return steps;
    };
    while (stepsNow().length === 0) await sleep(500);
    report(`the training is running; ${pairs} pairs of blocks, ${secondsOf(pairs)} s in all`);
    screen = await openScreen([process.execPath, BIN, 'watch', run], 'Training');
    await sleep(1000 * WARM_UP_SECONDS);
    const { blocks, used } = await alternate(screen, pairs, stepsNow);
    return summarize(blocks, steps, used);
  } finally {
    screen?.close();
    training.kill('SIGKILL');
    await Promise.all([ended, reading]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Collects the steps of a run in progress, polling rarely enough not to disturb it. */
async function readSteps(path: string, steps: TimedStep[], signal: AbortSignal): Promise<void> {
  for await (const events of followEvents(path, { signal, pollMilliseconds: 1000 }))
    for (const event of events)
      if (event.type === 'step' && event.seconds !== undefined)
        steps.push({ endedAt: Date.parse(event.time), milliseconds: 1000 * event.seconds });
}

/**
 * Alternately resumes and stops the screen, pair by pair. Returns the blocks, and the usage during those with
 * a screen.
 */
async function alternate(screen: OpenedScreen, pairs: number, stepsNow: () => readonly TimedStep[]) {
  const random = createRandom(1, 'bench-tui');
  const blocks: Block[] = [];
  let used = screen.used() && { screen: 0, terminal: 0 };
  for (let pair = 0; pair < pairs; pair++) {
    const isFirst = random.integer(2) === 0;
    for (const hasScreen of [isFirst, !isFirst]) {
      const before = screen.used();
      if (hasScreen) screen.goOn();
      else screen.hold();
      const from = Date.now() + 1000 * SETTLING_SECONDS;
      await sleep(1000 * BLOCK_SECONDS);
      blocks.push({ pair, hasScreen, from, to: Date.now() });
      const after = screen.used();
      if (hasScreen && used !== undefined && before !== undefined && after !== undefined)
        used = {
          screen: used.screen + after.screen - before.screen,
          terminal: used.terminal + after.terminal - before.terminal,
        };
    }
    const left = Math.round(2 * (pairs - pair - 1) * BLOCK_SECONDS);
    const changes = pairChanges(blocks, stepsNow());
    const so =
      changes.length === 0
        ? ''
        : `: ${formatChange(medianInterval(changes.map(({ change }) => change)))} so far`;
    report(`pair ${pair + 1} of ${pairs}, ${left} s to go${so}`);
  }
  return { blocks, used };
}

function summarize(
  blocks: readonly Block[],
  steps: readonly TimedStep[],
  used: { readonly screen: number; readonly terminal: number } | undefined,
): ScreenCosts {
  const pairs = pairChanges(blocks, steps);
  const { median: change, interval } = medianInterval(pairs.map((pair) => pair.change));
  const lengths = (hasScreen: boolean) =>
    blocks
      .filter((block) => block.hasScreen === hasScreen)
      .flatMap((block) => stepsIn(block, steps).map(({ milliseconds }) => milliseconds));
  const [without, withScreen] = [lengths(false), lengths(true)];
  const minutes = (blocks.length / 2) * (BLOCK_SECONDS / 60);
  return {
    change,
    interval,
    pairs,
    medianStep: { without: medianInterval(without).median, with: medianInterval(withScreen).median },
    steps: without.length + withScreen.length,
    aMinute: used && { screen: used.screen / minutes, terminal: used.terminal / minutes },
  };
}

function formatChange({ median, interval }: ReturnType<typeof medianInterval>): string {
  return `${percent(median)}${interval === null ? '' : ` [${interval.map(percent).join(', ')}]`}`;
}

function percent(share: number): string {
  return `${share < 0 ? '' : '+'}${(100 * share).toFixed(2)} %`;
}

function report(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function formatScreen({ change, interval, pairs, medianStep, steps, aMinute }: ScreenCosts): string {
  const { without, with: withScreen } = medianStep;
  const used =
    aMinute === undefined
      ? 'this system does not report the processor time of the screen'
      : `processor time of the screen: ${aMinute.screen.toFixed(2)} s a minute (${((100 * aMinute.screen) / 60).toFixed(2)} %), and the terminal (tmux) ${aMinute.terminal.toFixed(2)} s`;
  return [
    `a step with a screen is longer by ${formatChange({ median: change, interval })}: median over ${pairs.length} pairs of blocks, and its 95 % interval`,
    `medians of ${steps} steps: ${without.toFixed(1)} ms without a screen, ${withScreen.toFixed(1)} ms with one (${percent(withScreen / without - 1)})`,
    used,
  ].join('\n');
}
