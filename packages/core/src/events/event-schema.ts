import { z } from 'zod';
import { rewardSchema } from '../reward.ts';

const countSchema = z.int().nonnegative();
const bytesSchema = z.number().nonnegative();
const secondsSchema = z.number().nonnegative();
const timeSchema = z.iso.datetime();

/** A measured number. JSON has none for those that are not finite: they are written as words, so that a loss of NaN is seen. */
const measuredSchema = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity']).transform((word) => Number(word)),
]);

/** What may stand with every event that moves a phase on. */
const advance = {
  /** The phase that it belongs to; the newest that is open by default. */
  phase: z.string().optional(),
  /** Units of the phase that are done with this event, those from before included. */
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
  /** The reward that was asked for; absent where the model is told none. */
  asked: rewardSchema.optional(),
});

export const RUN_ENDINGS = ['done', 'partial', 'pending', 'interrupted', 'failed'] as const;

/** What each type of event says. Readers pass over types and fields that they do not know, so either may be added. */
const EVENTS = [
  /** A process begins, or goes on with the run that it finds. */
  z.object({
    type: z.literal('run-started'),
    command: z.string(),
    pid: countSchema.optional(),
    /** Of this program. */
    version: z.string().optional(),
    /** Everything that the result depends on. Never a secret. */
    config: z.record(z.string(), z.unknown()).optional(),
  }),
  /** The run goes on after this step: what was told of later ones is superseded. */
  z.object({ type: z.literal('resumed'), step: countSchema, phase: z.string().optional() }),
  /** A part of the work that is counted in units of its own. Phases may be inside others. */
  z.object({
    type: z.literal('phase-started'),
    /** A name that is shown, such as "Training". */
    phase: z.string(),
    /** What is counted, such as "steps". */
    unit: z.string(),
    /** Absent where nobody knows how many there are. */
    total: countSchema.optional(),
    /** What may be asked for while it is under way besides "stop": "pause", "checkpoint", "sample". */
    requests: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal('progress'),
    ...advance,
    done: countSchema,
    total: countSchema.optional(),
    /** How many of those done an earlier process did: they say nothing about speed and cost. */
    before: countSchema.optional(),
  }),
  z.object({ type: z.literal('phase-finished'), phase: z.string() }),
  /** A training step is done. It supersedes what was told of this step and later ones. */
  z.object({
    type: z.literal('step'),
    ...advance,
    /** Steps done, including this one. */
    step: countSchema,
    /** Such as loss, learningRate, gradientNorm (before clipping). */
    metrics: z.record(z.string(), measuredSchema),
    seconds: secondsSchema.optional(),
  }),
  /** A number that sums something up, with how many values it rests on and how many are missing. */
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
    /** Bytes of weights that programs hold besides, as constants. */
    frozen: bytesSchema.optional(),
    /** Bytes of intermediate values, at most. */
    activations: bytesSchema,
    /** Bytes of what the backend needs besides. */
    workspace: bytesSchema.optional(),
  }),
  /** A sign of life, with what the process takes. */
  z.object({
    type: z.literal('heartbeat'),
    /** Bytes in memory. */
    resident: bytesSchema,
    /** Processors that were busy for it since the last one: 1.5 is one and a half. */
    processors: z.number().nonnegative().optional(),
    /** Of all GPUs of the machine, whoever uses them, where it can be read. */
    gpu: z
      .object({
        /** From 0 to 1. */
        busy: z.number().nonnegative(),
        /** Bytes of its memory that are taken. */
        bytes: bytesSchema,
      })
      .optional(),
  }),
  /** A picture of what the model makes now. */
  z.object({
    type: z.literal('sample'),
    path: z.string(),
    step: countSchema.optional(),
    /** What was asked for, row by row. */
    items: z.array(askedSchema).optional(),
  }),
  /** A step of the sampler is done, for all pictures that are edited together. */
  z.object({
    type: z.literal('denoised'),
    ...advance,
    /** Steps done, including this one. */
    step: countSchema,
    steps: countSchema,
    items: z.array(askedSchema).optional(),
    /** The weight of each branch of the guidance in this step. */
    guidance: z.record(z.string(), measuredSchema).optional(),
    /** A small picture of what it looks like so far: a file, relative to the run folder. */
    preview: z.string().optional(),
    /** How the preview was made, where it is not the picture itself. */
    decoded: z.string().optional(),
  }),
  /** A picture of many is edited. */
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
  /** An item could not be read, or a judge gave no full answer: it was set aside. */
  z.object({ type: z.literal('quarantined'), ...advance, id: z.string(), reason: z.string() }),
  /** A call to a model is over. */
  z.object({
    type: z.literal('call'),
    model: z.string(),
    /** "reply", or the kind of failure. */
    outcome: z.string(),
    seconds: secondsSchema.optional(),
  }),
  /** A call is made again after a failure. */
  z.object({
    type: z.literal('retry'),
    /** The kind of failure. */
    kind: z.string(),
    reason: z.string(),
    /** Failures of this kind so far. */
    times: countSchema,
    /** Until the next try. */
    seconds: secondsSchema,
  }),
  /** Nothing goes on until something happens: until a time, or until "waiting-over". */
  z.object({
    type: z.literal('waiting'),
    /** What for, such as "the rate limit", "workers", "batches". */
    what: z.string(),
    why: z.string().optional(),
    until: timeSchema.optional(),
  }),
  z.object({ type: z.literal('waiting-over'), what: z.string() }),
  /** All that this process has used so far; in the run of a queue, all its workers. */
  z.object({
    type: z.literal('spending'),
    calls: countSchema,
    /** Replies that came from the store and cost nothing. */
    stored: countSchema.optional(),
    /** US dollars; absent where a price is not known. */
    dollars: z.number().nonnegative().optional(),
    tokens: z.object({ input: countSchema, output: countSchema }).optional(),
    /** What may be used, by all processes of the run together, those of earlier days included; and what they have used. */
    budget: budgetSchema.optional(),
    ofRun: budgetSchema.optional(),
  }),
  z.object({ type: z.literal('warning'), message: z.string() }),
  /** Something that whoever watches may want to read. */
  z.object({ type: z.literal('log'), message: z.string() }),
  z.object({
    type: z.literal('run-finished'),
    // One of a newer version that is not known here did at any rate not end well.
    status: z.enum(RUN_ENDINGS).catch('failed'),
    message: z.string().optional(),
    hint: z.string().optional(),
  }),
] as const;

/** Something that happened in a run. */
export const eventBodySchema = z.discriminatedUnion('type', EVENTS);

export type EventBody = z.infer<typeof eventBodySchema>;

/** How a run ended. */
export type RunEnding = Omit<Extract<EventBody, { type: 'run-finished' }>, 'type'>;

/** What stands in front of every event. */
export const envelopeSchema = z.object({
  /** The number of the event in its run, from 1: one that is missing was lost. */
  seq: z.int().positive(),
  time: timeSchema,
  /** The name of the run: the same in all processes that go on with it. */
  run: z.string(),
  /** The machine that it happened on. */
  host: z.string(),
});

export type Envelope = z.infer<typeof envelopeSchema>;

/** One line of `events.jsonl`. */
export type RunEvent = Envelope & EventBody;

/** Tells something that happened. Never throws, and waits for nothing. */
export type Emit = (event: EventBody) => void;
