import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { INITIAL_STATE, readEvents, reduceRun, startRun } from '@rewardedit/core';

const ROUND = 1000;

export type EventCosts = {
  /** Microseconds that telling of a training step takes: the median of rounds of 1000, and the slowest round. */
  readonly emit: { readonly median: number; readonly slowest: number };
  /** Seconds that reading all events again takes. */
  readonly replay: number;
  readonly events: number;
  /** Megabytes of memory that the process has taken at most. */
  readonly peak: number;
};

/** Measures what it costs to tell of training steps, and to replay them. */
export async function measureEvents(steps: number): Promise<EventCosts> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-bench-'));
  try {
    const run = await startRun({ folder, command: 'bench' });
    run.emit({ type: 'phase-started', phase: 'Training', unit: 'steps', total: steps });
    const rounds: number[] = [];
    for (let step = 1; step <= steps;) {
      const begun = performance.now();
      for (const last = step + ROUND; step < last; step++) {
        const metrics = { loss: 1 / step, learningRate: 1e-4, gradientNorm: 1.2345 };
        run.emit({ type: 'step', step, metrics, seconds: 0.123 });
      }
      rounds.push(performance.now() - begun);
      await setImmediate();
    }
    await run.finish({ status: 'done' });
    const sorted = rounds.toSorted((a, b) => a - b);
    const begun = performance.now();
    let [state, events] = [INITIAL_STATE, 0];
    for await (const group of readEvents(join(folder, 'events.jsonl'))) {
      state = group.reduce(reduceRun, state);
      events += group.length;
    }
    if (state.step !== steps || state.lost > 0) throw new Error(`${state.lost} events were lost`);
    return {
      emit: { median: sorted[Math.floor(sorted.length / 2)], slowest: sorted.at(-1)! },
      replay: (performance.now() - begun) / 1000,
      events,
      peak: process.resourceUsage().maxRSS / 1024,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function formatEvents({ emit, replay, events, peak }: EventCosts): string {
  return [
    `telling of a step: ${emit.median.toFixed(1)} us (slowest thousand: ${emit.slowest.toFixed(1)} us each)`,
    `replaying ${events} events: ${replay.toFixed(2)} s; peak memory of both ${peak.toFixed(0)} MB`,
  ].join('\n');
}
