import { z } from 'zod';
import { rewardSchema } from './reward.ts';

const countSchema = z.int().nonnegative();

/** What each type of event says. */
const EVENTS = [
  z.object({
    type: z.literal('run-started'),
    command: z.string(),
    /** The step, or the number of items done, that the run continues from; absent for a new one. */
    resumedFrom: countSchema.exactOptional(),
  }),
  z.object({
    type: z.literal('step'),
    /** Steps done, including this one. */
    step: countSchema,
    steps: countSchema,
    loss: z.number(),
    learningRate: z.number().exactOptional(),
    /** Before clipping. */
    gradientNorm: z.number().exactOptional(),
    seconds: z.number().nonnegative().exactOptional(),
  }),
  z.object({ type: z.literal('sample'), step: countSchema.exactOptional(), path: z.string() }),
  z.object({ type: z.literal('checkpoint'), step: countSchema, path: z.string() }),
  z.object({ type: z.literal('judged'), id: z.string(), reward: rewardSchema }),
  /** An item could not be read, or a judge gave no full answer: it was set aside. */
  z.object({ type: z.literal('quarantined'), id: z.string(), reason: z.string() }),
  z.object({
    type: z.literal('progress'),
    /** What is counted, such as "triplets". */
    what: z.string(),
    done: countSchema,
    total: countSchema.exactOptional(),
  }),
  z.object({ type: z.literal('warning'), message: z.string() }),
  /** Something that whoever watches may want to read. */
  z.object({ type: z.literal('log'), message: z.string() }),
  z.object({
    type: z.literal('run-finished'),
    status: z.enum(['done', 'partial', 'interrupted', 'failed']),
    message: z.string().exactOptional(),
  }),
] as const;

/** Something that happened in a run, without its time. */
export const eventBodySchema = z.discriminatedUnion('type', EVENTS);

/** One line of `events.jsonl`: something that happened, and when. */
export const eventSchema = z.intersection(z.object({ time: z.iso.datetime() }), eventBodySchema);

export type EventBody = z.infer<typeof eventBodySchema>;

export type RunEvent = z.infer<typeof eventSchema>;
