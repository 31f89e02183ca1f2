import type { EventBody, RunEvent } from '../events/event-schema.ts';
import { PERSPECTIVES, type Perspective } from '../perspectives.ts';
import type { Reward } from '../reward.ts';
import { addCount } from './pace.ts';
import {
  INITIAL_STATE,
  NOTABLE,
  openPhase,
  type EventOf,
  type LogEntry,
  type MetricState,
  type PhaseState,
  type RunState,
} from './run-state.ts';
import { EMPTY_SERIES, addPoint, addReading, upTo } from './series.ts';

/** Length of lists of the newest items. */
const NEWEST = 50;
/** Length of the log: readers poll it several times a second. */
const NEWEST_LOG = 500;

/**
 * Returns the state of a run after one more event. The same events give the same state, live or replayed. An event with a known number is ignored;
 * an event of another run starts over.
 *
 * When a run is resumed, `resumed` and every training step replace everything about later steps, so curves, samples and checkpoints are those of
 * a run that was never interrupted.
 */
export function reduceRun(earlier: RunState, event: RunEvent): RunState {
  const state = earlier.run === undefined || earlier.run === event.run ? earlier : INITIAL_STATE;
  if (event.seq <= state.lastSeq) return state;
  const seen: RunState = {
    ...state,
    run: event.run,
    host: event.host,
    lastAt: Date.parse(event.time),
    lastSeq: event.seq,
    lost: state.lost + event.seq - state.lastSeq - 1,
  };
  const reduce = REDUCERS[event.type] as (state: RunState, event: RunEvent) => RunState;
  return withLog(advanced(reduce(seen, event), event), event);
}

type Reducers = { readonly [Type in EventBody['type']]: (state: RunState, event: EventOf<Type>) => RunState };

const same = (state: RunState): RunState => state;

const REDUCERS: Reducers = {
  'run-started': (state, { command, pid, version, config, time }) => {
    const { ending: _ending, ...rest } = state;
    const startedAt = Date.parse(time);
    return {
      ...rest,
      command,
      pid,
      version,
      config,
      startedAt,
      firstStartedAt: state.firstStartedAt ?? startedAt,
      attempts: state.attempts + 1,
      status: 'running',
      phases: [],
      denoising: [],
      waiting: {},
    };
  },
  resumed: (state, { step, phase, time }) =>
    withPhase({ ...rewound(state, step), step }, phase, (open) => ({
      ...open,
      done: step,
      before: step,
      pace: addCount([], 0, Date.parse(time)),
    })),
  'phase-started': (state, { phase: name, unit, total, requests = [], time }) => {
    const begun: PhaseState = {
      name,
      unit,
      total,
      done: 0,
      before: 0,
      startedAt: Date.parse(time),
      pace: [],
      requests,
    };
    return { ...state, phases: newest(state.phases, begun) };
  },
  progress: (state, { phase, total, before }) =>
    withPhase(state, phase, (open) => ({
      ...open,
      total: total ?? open.total,
      before: before ?? open.before,
    })),
  'phase-finished': (state, { phase, time }) =>
    withPhase(state, phase, (open) => ({ ...open, endedAt: Date.parse(time) })),
  step: (state, { step, metrics }) => {
    const before = state.step !== undefined && state.step >= step ? rewound(state, step - 1) : state;
    const measured = Object.entries(metrics).map(([name, value]) => [
      name,
      measuredAt(before.metrics[name], step, value),
    ]);
    return { ...before, step, metrics: { ...before.metrics, ...Object.fromEntries(measured) } };
  },
  metric: (state, { name, value, n, missing, step }) => ({
    ...state,
    metrics: { ...state.metrics, [name]: { ...measuredAt(state.metrics[name], step, value), n, missing } },
  }),
  memory: (state, memory) => ({ ...state, memory }),
  heartbeat: (state, heartbeat) => ({ ...state, heartbeat, system: withReadings(state, heartbeat) }),
  sample: (state, sample) => ({ ...state, samples: newest(state.samples, sample) }),
  denoised: (state, denoised) => {
    const earlier = state.denoising.filter(
      ({ step, steps }) => steps === denoised.steps && step < denoised.step,
    );
    return { ...state, denoising: newest(earlier, denoised) };
  },
  edited: (state, edited) => ({ ...state, edited: newest(state.edited, edited) }),
  checkpoint: (state, checkpoint) => ({ ...state, checkpoints: newest(state.checkpoints, checkpoint) }),
  judged: (state, judged) => ({
    ...state,
    judged: newest(state.judged, judged),
    scores: withReward(state.scores, judged.reward),
  }),
  quarantined: ({ quarantined: { count, newest: list }, ...state }, event) => ({
    ...state,
    quarantined: { count: count + 1, newest: newest(list, event) },
  }),
  call: ({ calls, ...state }, { outcome, seconds }) => ({
    ...state,
    calls: {
      ...calls,
      outcomes: { ...calls.outcomes, [outcome]: (calls.outcomes[outcome] ?? 0) + 1 },
      seconds: calls.seconds + (seconds ?? 0),
      timed: calls.timed + (seconds === undefined ? 0 : 1),
    },
  }),
  retry: ({ calls, ...state }, lastRetry) => ({
    ...state,
    calls: { ...calls, retries: calls.retries + 1, lastRetry },
  }),
  waiting: (state, { what, why, until }) => ({
    ...state,
    waiting: {
      ...state.waiting,
      [what]: { why, until: until === undefined ? undefined : Date.parse(until) },
    },
  }),
  'waiting-over': (state, { what }) => {
    const { [what]: _over, ...waiting } = state.waiting;
    return { ...state, waiting };
  },
  spending: (state, spending) => ({ ...state, spending }),
  warning: (state, { message }) => ({ ...state, warnings: newest(state.warnings, message) }),
  log: same,
  'run-finished': (state, ending) => ({ ...state, ending, status: ending.status, waiting: {} }),
};

function newest<T>(list: readonly T[], one: T, most = NEWEST): readonly T[] {
  return [...list.slice(Math.max(0, list.length + 1 - most)), one];
}

function measuredAt(metric: MetricState | undefined, step: number | undefined, last: number): MetricState {
  const series = metric?.series ?? EMPTY_SERIES;
  return { last, step, series: step === undefined ? series : addPoint(series, step, last) };
}

function withReadings(
  { system, firstStartedAt = 0 }: RunState,
  { time, resident, processors, gpu }: EventOf<'heartbeat'>,
): RunState['system'] {
  const seconds = Math.round((Date.parse(time) - firstStartedAt) / 1000);
  const readings = { memory: resident, processors, 'gpu busy': gpu?.busy, 'gpu memory': gpu?.bytes };
  const read = Object.entries(readings).filter((entry): entry is [string, number] => entry[1] !== undefined);
  const series = read.map(([name, value]) => [
    name,
    addReading(system[name] ?? EMPTY_SERIES, seconds, value),
  ]);
  return { ...system, ...Object.fromEntries(series) };
}

/** The state without what was told of steps after this one. */
function rewound(state: RunState, step: number): RunState {
  const isEarlier = (one: { readonly step?: number | undefined }) => (one.step ?? 0) <= step;
  const metrics = Object.entries(state.metrics).flatMap(([name, metric]): [string, MetricState][] => {
    if (isEarlier(metric)) return [[name, metric]];
    const series = upTo(metric.series, step);
    const [last, at] = [series.values.at(-1), series.steps.at(-1)];
    return last === undefined ? [] : [[name, { ...metric, last, step: at, series }]];
  });
  return {
    ...state,
    metrics: Object.fromEntries(metrics),
    samples: state.samples.filter(isEarlier),
    checkpoints: state.checkpoints.filter(isEarlier),
  };
}

function withPhase(
  state: RunState,
  name: string | undefined,
  change: (phase: PhaseState) => PhaseState,
): RunState {
  const open = openPhase(state, name);
  if (open === undefined) return state;
  return { ...state, phases: state.phases.map((phase) => (phase === open ? change(phase) : phase)) };
}

/** Moves the phase on that the event says something about. */
function advanced(state: RunState, event: RunEvent): RunState {
  if (!('done' in event) && event.type !== 'step') return state;
  const done = event.done ?? (event.type === 'step' ? event.step : undefined);
  if (done === undefined) return state;
  const at = Date.parse(event.time);
  return withPhase(state, event.phase, (phase) => ({
    ...phase,
    done,
    // Some samplers run the network once more than they have steps.
    ...(event.type === 'denoised' && { total: event.steps }),
    pace: addCount(phase.pace, done - phase.before, at),
  }));
}

function withReward(scores: RunState['scores'], reward: Reward): RunState['scores'] {
  const next = PERSPECTIVES.map((name): [Perspective, RunState['scores'][Perspective]] => {
    const { counts, n, sum, missing } = scores[name];
    const score = reward.scores[name];
    if (score === undefined) return [name, { counts, n, sum, missing: missing + 1 }];
    const bin = Math.round(score);
    return [
      name,
      { counts: counts.map((count, i) => count + Number(i === bin)), n: n + 1, sum: sum + score, missing },
    ];
  });
  return Object.fromEntries(next) as RunState['scores'];
}

const notable: ReadonlySet<string> = new Set(NOTABLE);

function withLog(state: RunState, event: RunEvent): RunState {
  if (!notable.has(event.type)) return state;
  const number = (state.log.at(-1)?.number ?? 0) + 1;
  return { ...state, log: newest(state.log, { number, event: event as LogEntry['event'] }, NEWEST_LOG) };
}
