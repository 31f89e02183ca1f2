import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventBody, RunEvent } from '../events/event-schema.ts';
import { rateOf } from './pace.ts';
import { reduceRun } from './reduce.ts';
import { INITIAL_STATE, livenessOf, openPhase, type RunState } from './run-state.ts';

const START = Date.parse('2026-01-02T03:04:05.000Z');

/** Events one second apart. */
function stream(bodies: readonly EventBody[], { run = 'a', seq = 1, at = START } = {}): RunEvent[] {
  return bodies.map((body, i) => {
    const time = new Date(at + 1000 * i).toISOString();
    return { seq: seq + i, time, run, host: 'here', ...body };
  });
}

const reduce = (events: readonly RunEvent[], state = INITIAL_STATE) => events.reduce(reduceRun, state);
const stateOf = (...bodies: readonly EventBody[]) => reduce(stream(bodies));

const started: EventBody = { type: 'run-started', command: 'train', config: { steps: 9 } };
const training: EventBody = { type: 'phase-started', phase: 'Training', unit: 'steps', total: 10 };
const step = (number: number, loss = 1 / number): EventBody => ({
  type: 'step',
  step: number,
  metrics: { loss },
});
const steps = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => step(from + i));

describe('phases', () => {
  it('are counted separately, also when nested', () => {
    const sampling: EventBody = { type: 'phase-started', phase: 'Sampling', unit: 'pictures', total: 2 };
    const inside = stateOf(started, training, step(1), step(2), sampling, { type: 'progress', done: 1 });
    expect(openPhase(inside)).toMatchObject({ name: 'Sampling', done: 1, total: 2 });
    const after = reduce(
      stream([{ type: 'phase-finished', phase: 'Sampling' }, step(3)], { seq: 7, at: START + 6000 }),
      inside,
    );
    expect(openPhase(after)).toMatchObject({ name: 'Training', done: 3 });
    expect(after.phases[1].endedAt).toBe(START + 6000);
  });

  it('are selected by the name in an event', () => {
    const state = stateOf(
      started,
      { type: 'phase-started', phase: 'Editing', unit: 'pictures' },
      { type: 'phase-started', phase: 'Judging', unit: 'pictures' },
      { type: 'edited', id: 'x', phase: 'Editing', done: 5 },
      { type: 'judged', id: 'x', phase: 'Judging', done: 2, reward: { scores: {}, feedback: {} } },
    );
    expect(state.phases.map(({ done }) => done)).toEqual([5, 2]);
  });

  it('have a rate that excludes earlier processes', () => {
    const state = stateOf(
      started,
      { type: 'phase-started', phase: 'Judging', unit: 'triplets', total: 100 },
      { type: 'progress', done: 50, before: 50 },
      { type: 'progress', done: 52, before: 50 },
      { type: 'progress', done: 64, before: 60 },
    );
    expect(rateOf(state.phases[0].pace)).toBe(2);
  });

  it('are not advanced by events without a count', () => {
    const state = stateOf(
      started,
      training,
      step(1),
      { type: 'quarantined', id: 'x', reason: 'gone' },
      {
        type: 'denoised',
        step: 9,
        steps: 10,
      },
    );
    expect(state.phases[0].done).toBe(1);
    expect(state.quarantined.count).toBe(1);
  });

  it('use the number of steps of the sampler, which may be one more than requested', () => {
    const state = stateOf(
      started,
      { type: 'phase-started', phase: 'Editing', unit: 'steps', total: 2 },
      { type: 'denoised', step: 1, steps: 3, done: 1 },
    );
    expect(state.phases[0]).toMatchObject({ done: 1, total: 3 });
  });
});

describe('a resumed run', () => {
  const checkpoint: EventBody = { type: 'checkpoint', step: 4, path: 'step-4' };
  const sample = (number: number): EventBody => ({ type: 'sample', step: number, path: `${number}.png` });
  const ofTraining = ({ metrics, samples, checkpoints, step }: RunState) => ({
    metrics,
    step,
    samples: samples.map(({ path }) => path),
    checkpoints: checkpoints.map(({ path }) => path),
  });
  const straight = stateOf(
    ...[started, training, ...steps(1, 4), checkpoint, sample(4), ...steps(5, 10), sample(10)],
  );

  it('has the curves, samples and checkpoints of an uninterrupted run', () => {
    const killed = [
      ...[started, training, ...steps(1, 4), checkpoint, sample(4), ...steps(5, 7), sample(6)],
      { type: 'checkpoint', step: 7, path: 'damaged' } satisfies EventBody,
    ];
    const resumed = stateOf(
      ...[...killed, started, training, { type: 'resumed', step: 4 } satisfies EventBody],
      ...[...steps(5, 10), sample(10)],
    );
    expect(ofTraining(resumed)).toEqual(ofTraining(straight));
    expect(resumed.attempts).toBe(2);
    expect(resumed.status).toBe('running');
  });

  it('removes later steps at once', () => {
    const state = stateOf(started, training, ...steps(1, 7), started, training, { type: 'resumed', step: 4 });
    expect(state.metrics['loss']).toMatchObject({ last: 1 / 4, step: 4 });
    expect(openPhase(state)).toMatchObject({ done: 4, before: 4 });
  });

  it('replaces steps that are repeated without a resumed event', () => {
    // Killed before the first checkpoint, by a version that did not tell where it goes on.
    const state = stateOf(started, training, ...steps(1, 7), started, training, ...steps(1, 3));
    expect(state.metrics['loss'].series.steps).toEqual([1, 2, 3]);
  });

  it('has the same curve however often and wherever it was interrupted, and however long it is', () => {
    const course = (bodies: readonly EventBody[]) => stateOf(started, ...bodies).metrics['loss'].series;
    const whole = course(steps(1, 5000));
    expect(whole.steps.length).toBeGreaterThan(1000);
    expect(whole.steps.length).toBeLessThanOrEqual(2048);
    const cuts = fc.array(fc.record({ at: fc.integer({ min: 2, max: 5000 }), back: fc.nat(3000) }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(cuts, (cuts) => {
        const bodies: EventBody[] = [];
        let from = 1;
        for (const { at, back } of cuts) {
          bodies.push(...steps(from, at));
          from = Math.max(1, at - back);
          bodies.push({ type: 'resumed', step: from - 1 });
        }
        // Points that were thinned out stay so: none is there that a straight run would not have.
        const { steps: kept, values, stride } = course([...bodies, ...steps(from, 5000)]);
        expect(kept.every((each) => each % stride === 0)).toBe(true);
        expect(values).toEqual(kept.map((each) => 1 / each));
        expect(kept).toEqual(Array.from({ length: Math.floor(5000 / stride) }, (_, i) => (i + 1) * stride));
      }),
      { numRuns: 20 },
    );
  });
});

describe('the stream', () => {
  it('counts lost events, and no event twice', () => {
    const events = stream([started, training, ...steps(1, 8)]);
    expect(reduce(events.toSpliced(4, 2)).lost).toBe(2);
    expect(reduce([...events, ...events.slice(3)])).toEqual(reduce(events));
  });

  it('starts over with another run', () => {
    const other = stream([{ type: 'run-started', command: 'annotate' }], { run: 'b' });
    const state = reduce([...stream([started, training, ...steps(1, 8)]), ...other]);
    expect(state).toEqual(reduce(other));
  });

  it('gives the same state live and replayed', () => {
    const events = stream([started, training, ...steps(1, 20)]);
    let live = INITIAL_STATE;
    for (const event of events) live = reduceRun(live, event);
    expect(reduce(events)).toEqual(live);
  });

  it('does not modify earlier states', () => {
    const before = stateOf(started, training, ...steps(1, 3));
    const copy = structuredClone(before);
    reduce(stream([...steps(4, 9), { type: 'resumed', step: 2 }], { seq: 6 }), before);
    expect(before).toEqual(copy);
  });
});

describe('livenessOf', () => {
  it('distinguishes running, silent and ended runs', () => {
    const state = stateOf(started);
    expect(livenessOf(state, START + 30_000)).toBe('running');
    expect(livenessOf(state, START + 30_001)).toBe('silent');
    const beating = reduce(
      stream([{ type: 'heartbeat', resident: 1e8 }], { seq: 2, at: START + 25_000 }),
      state,
    );
    expect(livenessOf(beating, START + 50_000)).toBe('running');
    const ended = stateOf(started, { type: 'run-finished', status: 'partial' });
    expect(livenessOf(ended, START + 1e9)).toBe('partial');
  });
});

describe('the state of a run', () => {
  it('has scores with counts and missing ones', () => {
    const judged = (id: string, following: number | undefined): EventBody => ({
      type: 'judged',
      id,
      reward: { scores: following === undefined ? {} : { following }, feedback: {} },
    });
    const { scores, judged: newest } = stateOf(
      started,
      judged('a', 4.6),
      judged('b', 0),
      judged('c', undefined),
    );
    expect(scores.following).toEqual({ counts: [1, 0, 0, 0, 0, 1], n: 2, sum: 4.6, missing: 1 });
    expect(scores.quality).toMatchObject({ n: 0, missing: 3 });
    expect(newest.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('has metrics with counts and missing ones', () => {
    const { metrics } = stateOf(started, {
      type: 'metric',
      name: 'psnr',
      value: 24.5,
      n: 98,
      missing: 2,
      step: 5,
    });
    expect(metrics['psnr']).toMatchObject({ last: 24.5, n: 98, missing: 2, step: 5 });
  });

  it('has calls, retries, waiting, spending and memory', () => {
    const state = stateOf(
      started,
      { type: 'call', model: 'm', outcome: 'reply', seconds: 2 },
      { type: 'call', model: 'm', outcome: 'rate-limited' },
      { type: 'retry', kind: 'rate-limited', reason: '429', times: 1, seconds: 4 },
      { type: 'waiting', what: 'the rate limit', until: '2026-01-02T03:04:10Z' },
      { type: 'waiting', what: 'workers', why: 'none is there' },
      { type: 'waiting-over', what: 'the rate limit' },
      { type: 'spending', calls: 2, dollars: 0.5, budget: { cost: 10 } },
      { type: 'memory', state: 100, activations: 50 },
    );
    expect(state.calls).toMatchObject({
      outcomes: { reply: 1, 'rate-limited': 1 },
      ...{ seconds: 2, timed: 1, retries: 1, lastRetry: { reason: '429' } },
    });
    expect(state.waiting).toEqual({ workers: { why: 'none is there', until: undefined } });
    expect(state.spending).toMatchObject({ dollars: 0.5, budget: { cost: 10 } });
    expect(state.memory).toMatchObject({ state: 100, activations: 50 });
  });

  it('has the steps of the newest edit', () => {
    const denoised = (number: number): EventBody => ({ type: 'denoised', step: number, steps: 3 });
    const { denoising } = stateOf(started, ...[1, 2, 3, 1, 2].map(denoised));
    expect(denoising.map((each) => each.step)).toEqual([1, 2]);
  });

  it('numbers the log, and keeps warnings', () => {
    const state = stateOf(
      started,
      ...Array.from({ length: 600 }, (_, i): EventBody => ({ type: 'log', message: `${i}` })),
      {
        type: 'warning',
        message: 'hot',
      },
    );
    expect(state.log).toHaveLength(500);
    expect(state.log.at(-1)).toMatchObject({ number: 601, event: { message: 'hot' } });
    expect(state.warnings).toEqual(['hot']);
  });

  it('has the ending', () => {
    const state = stateOf(started, {
      type: 'run-finished',
      status: 'failed',
      message: 'no credit',
      hint: 'pay',
    });
    expect(state).toMatchObject({ status: 'failed', ending: { message: 'no credit', hint: 'pay' } });
    expect(reduce(stream([started], { seq: 3 }), state).ending).toBeUndefined();
  });
});
