import { hash } from 'node:crypto';
import { EXIT_CODES, RewardEditError, tripletSchema, type ErrorCode } from '@rewardedit/core';
import { z } from 'zod';
import { judgementSchema } from '../judges/judge.ts';

/** A job: a triplet as a judge may see it, a few hundred bytes; its pictures are on the file system. */
export const jobDataSchema = z.object({
  triplet: tripletSchema.omit({ faults: true, reward: true }),
  /** Whether it was set aside before and is asked about again. */
  again: z.boolean(),
  /** A key of its instruction and pictures: a result about others is not an answer. */
  inputs: z.string().exactOptional(),
});

export type JobData = z.infer<typeof jobDataSchema>;

const errorSchema = z.object({
  code: z.enum(Object.keys(EXIT_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  where: z.string().exactOptional(),
  hint: z.string().exactOptional(),
});

/** What a worker returns: the answer, or the error that ends the run. */
export const jobResultSchema = z.union([
  z.object({ judgement: judgementSchema }),
  z.object({ error: errorSchema }),
]);

export type JobResult = z.infer<typeof jobResultSchema>;

const HASH_DIGITS = 32;

/** Returns the id of the job about a triplet, which only changes with its instruction or pictures, so that the queue accepts it once. */
export function jobId({ triplet, again, inputs = '' }: JobData): string {
  const digits = hash('sha256', JSON.stringify([triplet.id, inputs])).slice(0, HASH_DIGITS);
  // BullMQ reserves numeric ids.
  return again ? `again-${digits}` : `first-${digits}`;
}

/** Encodes an error for the queue. */
export function toJobError(error: unknown): z.infer<typeof errorSchema> {
  if (!(error instanceof RewardEditError))
    return { code: 'failed', message: error instanceof Error ? error.message : String(error) };
  const { code, message, where, hint } = error;
  return { code, message, ...(where !== undefined && { where }), ...(hint !== undefined && { hint }) };
}

export function fromJobError({ code, message, ...details }: z.infer<typeof errorSchema>): RewardEditError {
  return new RewardEditError(code, `a worker ended the run: ${message}`, details);
}
