import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRun } from '@rewardedit/core';
import { openScreen } from './opened-screen.ts';

const BIN = fileURLToPath(new URL('../../../../packages/cli/bin/run.js', import.meta.url));
const ROUND = 1000;

export type ReplayCosts = {
  readonly events: number;
  /**
   * Microseconds to emit the event of a training step: the median of rounds of 1000, and the slowest round.
   */
  readonly emit: { readonly median: number; readonly slowest: number };
  /** Seconds from starting `rewardedit watch` until its screen shows the end of the run. */
  readonly seconds: number;
  /** The peak memory of the screen's process; undefined if the system does not report it. */
  readonly peakBytes: number | undefined;
};

/** Measures the cost of emitting the events of training steps, and of replaying them on a screen. */
export async function measureReplay(events: number): Promise<ReplayCosts> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-bench-'));
  try {
    const emit = await tellSteps(folder, events);
    const begun = performance.now();
    const screen = await openScreen(
      [process.execPath, BIN, 'watch', folder, '--speed', '1000000'],
      'ended: done',
    );
    const seconds = (performance.now() - begun) / 1000;
    const peakBytes = screen.peakBytes();
    screen.close();
    return { events, emit, seconds, peakBytes };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function tellSteps(folder: string, events: number): Promise<ReplayCosts['emit']> {
  const run = await startRun({ folder, command: 'bench' });
  run.emit({ type: 'phase-started', phase: 'Training', unit: 'steps', total: events });
  const rounds: number[] = [];
  for (let step = 1; step <= events;) {
    const begun = performance.now();
    for (const last = Math.min(events + 1, step + ROUND); step < last; step++) {
      const metrics = { loss: 1 / step, learningRate: 1e-4, gradientNorm: 1.2345 };
      run.emit({ type: 'step', step, metrics, seconds: 0.123 });
    }
    rounds.push(performance.now() - begun);
    await setImmediate();
  }
  await run.finish({ status: 'done' });
  if (run.state.step !== events || run.state.lost > 0) throw new Error(`${run.state.lost} events were lost`);
  const sorted = rounds.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], slowest: sorted.at(-1)! };
}

export function formatReplay({ events, emit, seconds, peakBytes }: ReplayCosts): string {
  const peak =
    peakBytes === undefined
      ? 'this system does not report its memory'
      : `at most ${Math.round(peakBytes / 2 ** 20)} MiB`;
  return [
    `emitting a step: ${emit.median.toFixed(1)} us (slowest thousand: ${emit.slowest.toFixed(1)} us each)`,
    `replaying ${events} events on a screen: ${seconds.toFixed(1)} s including program start, ${peak}`,
  ].join('\n');
}
