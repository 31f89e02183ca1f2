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
  /** How many of those done an earlier process did. */
  readonly before: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly pace: Pace;
  /** What may be asked for besides "stop". */
  readonly requests: readonly string[];
};

export type MetricState = {
  readonly last: number;
  readonly step?: number | undefined;
  /** How many values the last one rests on, and how many are missing; absent for what is measured once a step. */
  readonly n?: number;
  readonly missing?: number;
  /** Its course over the steps, thinned out. */
  readonly series: Series;
};

/** The scores of one perspective. */
export type ScoreState = {
  /** Of scores rounded to 0, 1, ... 5. */
  readonly counts: readonly number[];
  readonly n: number;
  readonly sum: number;
  /** Rewards that lack this perspective. */
  readonly missing: number;
};

/** The types of events that whoever watches wants to be told of one by one. */
export const NOTABLE = [
  'warning',
  'log',
  'quarantined',
  'checkpoint',
  'sample',
  'memory',
  'waiting',
] as const satisfies readonly EventBody['type'][];

/** An event to be told of. */
export type LogEntry = {
  /** From 1, without gaps. */
  readonly number: number;
  readonly event: EventOf<(typeof NOTABLE)[number]>;
};

/** Everything that is known of a run from its events: what progress lines, screens and reports show. Lists hold the newest few. */
export type RunState = {
  readonly run?: string;
  readonly host?: string;
  readonly pid?: number | undefined;
  readonly command?: string;
  readonly version?: string | undefined;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** Processes that have worked on it. */
  readonly attempts: number;
  /** Times are milliseconds since 1970. */
  readonly firstStartedAt?: number;
  /** Of the present process. */
  readonly startedAt?: number;
  /** The newest sign of life. */
  readonly lastAt?: number;
  readonly lastSeq: number;
  /** Events that were lost on the way to the disk. */
  readonly lost: number;
  readonly status: 'running' | EventOf<'run-finished'>['status'];
  readonly ending?: EventOf<'run-finished'>;
  /** Those of the present process, in the order in which they began. */
  readonly phases: readonly PhaseState[];
  /** Training steps done. */
  readonly step?: number;
  readonly metrics: Readonly<Record<string, MetricState>>;
  /** What the work needs on the device. */
  readonly memory?: EventOf<'memory'>;
  /** What the process takes. */
  readonly heartbeat?: EventOf<'heartbeat'>;
  /** What the process took over time, by name; the steps are seconds since the run began. */
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
    /** By outcome: "reply", or a kind of failure. */
    readonly outcomes: Readonly<Record<string, number>>;
    /** Of all calls that say how long they took. */
    readonly seconds: number;
    readonly timed: number;
    readonly retries: number;
    readonly lastRetry?: EventOf<'retry'>;
  };
  /** What is waited for. */
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

/** What is known before the first event. */
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

/** The phase that is under way: the newest that has not ended, of that name where one is given. */
export function openPhase({ phases }: RunState, name?: string): PhaseState | undefined {
  return phases.findLast(
    (phase) => phase.endedAt === undefined && (name === undefined || phase.name === name),
  );
}

/** So long without a sign of life, and a process that has not said that it ended is taken for dead: three heartbeats. */
const SILENCE_MILLISECONDS = 30_000;

/**
 * Whether a run is going on, at a time in milliseconds since 1970. "silent" is one that has not ended and shows no sign of life: its
 * process was killed, its machine is down, or it sleeps.
 */
export function livenessOf({ status, lastAt }: RunState, now: number): RunState['status'] | 'silent' {
  return status === 'running' && lastAt !== undefined && now - lastAt > SILENCE_MILLISECONDS
    ? 'silent'
    : status;
}
