import { z } from 'zod';
import { rewardSchema } from '../reward.ts';

const countSchema = z.int().nonnegative();
const bytesSchema = z.number().nonnegative();
const secondsSchema = z.number().nonnegative();
const timeSchema = z.iso.datetime();

/** A measured number. Numbers that are not finite, which JSON lacks, are written as words, so that a loss of NaN is visible. */
const measuredSchema = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity']).transform((word) => Number(word)),
]);

/** Fields of events that advance a phase. */
const advance = {
  /** The phase; by default the newest open one. */
  phase: z.string().optional(),
  /** Units of the phase done so far, including this event and earlier processes. */
  done: countSchema.optional(),
};

const budgetSchema = z.object({
  /** US dollars. */
  cost: z.number().nonnegative().optional(),
  calls: z.number().nonnegative().optional(),
  tokens: z.number().nonnegative().optional(),
});

const askedSchema = z.object({
  id: z.string().optional(),
  instruction: z.string(),
  /** The requested reward; absent if the model is not conditioned on rewards. */
  asked: rewardSchema.optional(),
});

const RUN_ENDINGS = ['done', 'partial', 'pending', 'interrupted', 'failed'] as const;

/** The types of events. Readers ignore unknown types and fields, so either may be added. */
const EVENTS = [
  /** A process starts or resumes a run. */
  z.object({
    type: z.literal('run-started'),
    command: z.string(),
    pid: countSchema.optional(),
    /** Of this program. */
    version: z.string().optional(),
    /** All settings that the result depends on. Never a secret. */
    config: z.record(z.string(), z.unknown()).optional(),
  }),
  /** The run resumes after this step, which supersedes events about later steps. */
  z.object({ type: z.literal('resumed'), step: countSchema, phase: z.string().optional() }),
  /** A part of the work with its own unit of progress. Phases can be nested. */
  z.object({
    type: z.literal('phase-started'),
    /** A name to show, such as "Training". */
    phase: z.string(),
    /** The unit of progress, such as "steps". */
    unit: z.string(),
    /** Absent if unknown. */
    total: countSchema.optional(),
    /** Requests supported during the phase in addition to "stop": "pause", "checkpoint", "sample". */
    requests: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal('progress'),
    ...advance,
    done: countSchema,
    total: countSchema.optional(),
    /** Number of units done by earlier processes, which do not count for speed and cost. */
    before: countSchema.optional(),
  }),
  z.object({ type: z.literal('phase-finished'), phase: z.string() }),
  /** A training step is done. It supersedes events about this and later steps. */
  z.object({
    type: z.literal('step'),
    ...advance,
    /** Steps done, including this one. */
    step: countSchema,
    /** Such as loss, learningRate, gradientNorm (before clipping). */
    metrics: z.record(z.string(), measuredSchema),
    seconds: secondsSchema.optional(),
  }),
  /** A summary statistic, with the number of values and of missing values. */
  z.object({
    type: z.literal('metric'),
    name: z.string(),
    value: measuredSchema,
    n: countSchema,
    missing: countSchema,
    step: countSchema.optional(),
  }),
  z.object({
    type: z.literal('memory'),
    /** Bytes of weights, moments and averages. */
    state: bytesSchema,
    /** Bytes of weights that programs additionally hold as constants. */
    frozen: bytesSchema.optional(),
    /** Peak bytes of activations. */
    activations: bytesSchema,
    /** Bytes of the backend's workspace. */
    workspace: bytesSchema.optional(),
  }),
  /** A heartbeat, with the resources used by the process. */
  z.object({
    type: z.literal('heartbeat'),
    /** Resident memory in bytes. */
    resident: bytesSchema,
    /** Average number of busy processors since the last heartbeat. */
    processors: z.number().nonnegative().optional(),
    /** Of all GPUs of the machine and all their users, if available. */
    gpu: z
      .object({
        /** From 0 to 1. */
        busy: z.number().nonnegative(),
        /** Bytes of used memory. */
        bytes: bytesSchema,
      })
      .optional(),
  }),
  /** A sample picture from the current model. */
  z.object({
    type: z.literal('sample'),
    path: z.string(),
    step: countSchema.optional(),
    /** The requests, row by row. */
    items: z.array(askedSchema).optional(),
  }),
  /** A step of the sampler is done, for all pictures in the batch. */
  z.object({
    type: z.literal('denoised'),
    ...advance,
    /** Steps done, including this one. */
    step: countSchema,
    steps: countSchema,
    items: z.array(askedSchema).optional(),
    /** The weight of each branch of the guidance in this step. */
    guidance: z.record(z.string(), measuredSchema).optional(),
    /** A small picture of the intermediate result: a file relative to the run folder. */
    preview: z.string().optional(),
    /** How the preview was made, unless it is the picture itself. */
    decoded: z.string().optional(),
  }),
  /** One of many pictures has been edited. */
  z.object({
    type: z.literal('edited'),
    ...advance,
    id: z.string(),
    path: z.string().optional(),
    instruction: z.string().optional(),
    asked: rewardSchema.optional(),
  }),
  z.object({
    type: z.literal('checkpoint'),
    step: countSchema,
    path: z.string(),
    bytes: bytesSchema.optional(),
  }),
  z.object({ type: z.literal('judged'), ...advance, id: z.string(), reward: rewardSchema }),
  /** An item was set aside, because it could not be read or a judge gave no complete answer. */
  z.object({ type: z.literal('quarantined'), ...advance, id: z.string(), reason: z.string() }),
  /** A call to a model has ended. */
  z.object({
    type: z.literal('call'),
    model: z.string(),
    /** "reply", or the kind of failure. */
    outcome: z.string(),
    seconds: secondsSchema.optional(),
  }),
  /** A call is retried after a failure. */
  z.object({
    type: z.literal('retry'),
    /** The kind of failure. */
    kind: z.string(),
    reason: z.string(),
    /** Failures of this kind so far. */
    times: countSchema,
    /** Time until the retry. */
    seconds: secondsSchema,
  }),
  /** The run is waiting: until a time, or until "waiting-over". */
  z.object({
    type: z.literal('waiting'),
    /** What it is waiting for, such as "the rate limit", "workers", "batches". */
    what: z.string(),
    why: z.string().optional(),
    until: timeSchema.optional(),
  }),
  z.object({ type: z.literal('waiting-over'), what: z.string() }),
  /** Total spending of this process, or of all workers of a queue. */
  z.object({
    type: z.literal('spending'),
    calls: countSchema,
    /** Replies from the store, which cost nothing. */
    stored: countSchema.optional(),
    /** US dollars; absent if a price is unknown. */
    dollars: z.number().nonnegative().optional(),
    tokens: z.object({ input: countSchema, output: countSchema }).optional(),
    /** The budget of all processes of the run, including earlier ones, and their spending. */
    budget: budgetSchema.optional(),
    ofRun: budgetSchema.optional(),
  }),
  z.object({ type: z.literal('warning'), message: z.string() }),
  /** A message for people who watch the run. */
  z.object({ type: z.literal('log'), message: z.string() }),
  z.object({
    type: z.literal('run-finished'),
    // An unknown status from a newer version is treated as a failure.
    status: z.enum(RUN_ENDINGS).catch('failed'),
    message: z.string().optional(),
    hint: z.string().optional(),
  }),
] as const;

/** An event of a run, without its envelope. */
export const eventBodySchema = z.discriminatedUnion('type', EVENTS);

export type EventBody = z.infer<typeof eventBodySchema>;

/** How a run ended. */
export type RunEnding = Omit<Extract<EventBody, { type: 'run-finished' }>, 'type'>;

/** The fields of every event. */
export const envelopeSchema = z.object({
  /** Number of the event in its run, from 1; a gap means that events were lost. */
  seq: z.int().positive(),
  time: timeSchema,
  /** Name of the run, shared by all processes that resume it. */
  run: z.string(),
  /** Name of the machine. */
  host: z.string(),
});

export type Envelope = z.infer<typeof envelopeSchema>;

/** One line of `events.jsonl`. */
export type RunEvent = Envelope & EventBody;

/** Emits an event. Never throws and never blocks. */
export type Emit = (event: EventBody) => void;
