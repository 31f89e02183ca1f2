import { INITIAL_STATE, reduceRun, type EventBody, type RunState } from '@rewardedit/core';

const BEGUN = Date.parse('2026-01-02T03:04:05.000Z');

/** The state after some events, one per second. */
export function stateAfter(bodies: readonly EventBody[], run = 'train-1'): RunState {
  const events = bodies.map((body, i) => ({
    seq: i + 1,
    time: new Date(BEGUN + 1000 * i).toISOString(),
    ...{ run, host: 'node7' },
    ...body,
  }));
  return events.reduce(reduceRun, INITIAL_STATE);
}

/** Text that would control a terminal, reverse the direction of text around it, or imitate another line. */
export const HOSTILE =
  '\u001B[2J\u001B]0;title\u0007\u001BP+q\u001B\\\u009B31m\u202Edlrow\r\n::error::x\u0000 雪👩‍👩‍👧';

/** Events of every type; every text in them is `text`. */
export function everything(text: string): EventBody[] {
  const reward = { scores: { following: 4.5, preserving: 2, quality: 5 }, feedback: { preserving: text } };
  const items = [{ id: text, instruction: text, asked: reward }];
  return [
    { type: 'run-started', command: text, pid: 7, version: text, config: { steps: 100, [text]: text } },
    {
      type: 'phase-started',
      phase: text,
      unit: text,
      total: 100,
      requests: ['pause', 'checkpoint', 'sample'],
    },
    { type: 'memory', state: 5e8, activations: 1e9, workspace: 1e6 },
    ...Array.from({ length: 40 }, (_, i): EventBody => ({
      type: 'step',
      step: i + 1,
      metrics: { loss: 1 / (i + 1), learningRate: 1e-4, gradientNorm: 1 + Math.sin(i), [text]: i },
      seconds: 0.1,
    })),
    { type: 'metric', name: `${text} mean`, value: 4.25, n: 80, missing: 2 },
    { type: 'heartbeat', resident: 3e8, processors: 1.5, gpu: { busy: 0.5, bytes: 1e9 } },
    { type: 'sample', path: text, step: 40, items },
    { type: 'checkpoint', step: 40, path: text },
    { type: 'denoised', step: 3, steps: 10, items, guidance: { text: 7.5, [text]: 1 }, decoded: text },
    { type: 'edited', id: text, path: text, instruction: text },
    { type: 'judged', id: text, reward },
    { type: 'quarantined', id: text, reason: text },
    { type: 'call', model: text, outcome: text, seconds: 1 },
    { type: 'retry', kind: text, reason: text, times: 1, seconds: 2 },
    { type: 'waiting', what: text, why: text },
    {
      type: 'spending',
      calls: 10,
      dollars: 1,
      tokens: { input: 100, output: 5 },
      budget: { cost: 2, calls: 100 },
    },
    { type: 'warning', message: text },
    { type: 'log', message: text },
  ];
}
