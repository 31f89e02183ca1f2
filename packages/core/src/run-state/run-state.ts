import type { EventBody, RunEvent } from '../events/event-schema.ts';
import type { Perspective } from '../perspectives.ts';
import { HIGHEST_SCORE } from '../reward.ts';
import type { Pace } from './pace.ts';
import type { Series } from './series.ts';

export type EventOf<Type extends EventBody['type']> = Extract<RunEvent, { type: Type }>;

/** A part of the work. */
export type PhaseState = {
  readonly name: string;
  readonly unit: string;
  readonly done: number;
  readonly total?: number | undefined;
  /** Number of units done by earlier processes. */
  readonly before: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly pace: Pace;
  /** Supported requests in addition to "stop". */
  readonly requests: readonly string[];
};

export type MetricState = {
  readonly last: number;
  readonly step?: number | undefined;
  /** Number of values, and of missing ones, behind the last value; absent for metrics of a step. */
  readonly n?: number;
  readonly missing?: number;
  /** Values by step, thinned out. */
  readonly series: Series;
};

/** The scores of one perspective. */
export type ScoreState = {
  /** Histogram of scores rounded to 0, 1, ... 5. */
  readonly counts: readonly number[];
  readonly n: number;
  readonly sum: number;
  /** Number of rewards without this perspective. */
  readonly missing: number;
};

/** The types of events in the log. */
export const NOTABLE = [
  'warning',
  'log',
  'quarantined',
  'checkpoint',
  'sample',
  'memory',
  'waiting',
] as const satisfies readonly EventBody['type'][];

/** An entry of the log. */
export type LogEntry = {
  /** From 1, without gaps. */
  readonly number: number;
  readonly event: EventOf<(typeof NOTABLE)[number]>;
};

/** The state of a run according to its events, for progress lines, screens and reports. Lists contain only the newest items. */
export type RunState = {
  readonly run?: string;
  readonly host?: string;
  readonly pid?: number | undefined;
  readonly command?: string;
  readonly version?: string | undefined;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** Number of processes so far. */
  readonly attempts: number;
  /** Times are milliseconds since 1970. */
  readonly firstStartedAt?: number;
  /** Of the current process. */
  readonly startedAt?: number;
  /** Time of the newest event. */
  readonly lastAt?: number;
  readonly lastSeq: number;
  /** Number of events that were never written to disk. */
  readonly lost: number;
  readonly status: 'running' | EventOf<'run-finished'>['status'];
  readonly ending?: EventOf<'run-finished'>;
  /** Phases of the current process, in the order in which they started. */
  readonly phases: readonly PhaseState[];
  /** Training steps done. */
  readonly step?: number;
  readonly metrics: Readonly<Record<string, MetricState>>;
  /** Memory requirements on the device. */
  readonly memory?: EventOf<'memory'>;
  /** Current resources of the process. */
  readonly heartbeat?: EventOf<'heartbeat'>;
  /** Resources of the process over time, by name; steps are seconds since the run began. */
  readonly system: Readonly<Record<string, Series>>;
  readonly samples: readonly EventOf<'sample'>[];
  readonly checkpoints: readonly EventOf<'checkpoint'>[];
  /** The newest step of the sampler, and those before it in the same edit. */
  readonly denoising: readonly EventOf<'denoised'>[];
  readonly edited: readonly EventOf<'edited'>[];
  readonly scores: Readonly<Record<Perspective, ScoreState>>;
  readonly judged: readonly EventOf<'judged'>[];
  readonly quarantined: { readonly count: number; readonly newest: readonly EventOf<'quarantined'>[] };
  readonly calls: {
    /** Counts by outcome: "reply", or a kind of failure. */
    readonly outcomes: Readonly<Record<string, number>>;
    /** Total duration of the timed calls. */
    readonly seconds: number;
    readonly timed: number;
    readonly retries: number;
    readonly lastRetry?: EventOf<'retry'>;
  };
  /** What the run is waiting for. */
  readonly waiting: Readonly<
    Record<string, { readonly why?: string | undefined; readonly until?: number | undefined }>
  >;
  readonly spending?: EventOf<'spending'>;
  readonly warnings: readonly string[];
  readonly log: readonly LogEntry[];
};

const NO_SCORES: ScoreState = {
  counts: Array.from({ length: HIGHEST_SCORE + 1 }, () => 0),
  n: 0,
  sum: 0,
  missing: 0,
};

/** The state before the first event. */
export const INITIAL_STATE: RunState = {
  attempts: 0,
  lastSeq: 0,
  lost: 0,
  status: 'running',
  phases: [],
  metrics: {},
  system: {},
  samples: [],
  checkpoints: [],
  denoising: [],
  edited: [],
  scores: { following: NO_SCORES, preserving: NO_SCORES, quality: NO_SCORES },
  judged: [],
  quarantined: { count: 0, newest: [] },
  calls: { outcomes: {}, seconds: 0, timed: 0, retries: 0 },
  waiting: {},
  warnings: [],
  log: [],
};

/** Returns the current phase: the newest one that has not ended, with the given name if any. */
export function openPhase({ phases }: RunState, name?: string): PhaseState | undefined {
  return phases.findLast(
    (phase) => phase.endedAt === undefined && (name === undefined || phase.name === name),
  );
}

/** A running process without events for this long, three heartbeats, is presumed dead. */
const SILENCE_MILLISECONDS = 30_000;

/**
 * Returns the status of a run at a time in milliseconds since 1970. "silent" means that it has not ended but emits no events: its process was killed,
 * or its machine is down or asleep.
 */
export function livenessOf({ status, lastAt }: RunState, now: number): RunState['status'] | 'silent' {
  return status === 'running' && lastAt !== undefined && now - lastAt > SILENCE_MILLISECONDS
    ? 'silent'
    : status;
}
