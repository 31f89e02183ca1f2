import { hash } from 'node:crypto';
import { tryParseJson } from '@rewardedit/core';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** The prefix of all keys in Redis. */
export const KEY_PREFIX = 'rewardedit';

/** The runs that want workers: a hash from the path of a run's journal to its record. */
const RUNS_KEY = `${KEY_PREFIX}:runs`;

/** What workers have to know of a run. It never contains a secret: workers read keys from their own environment. */
const runRecordSchema = z.object({
  /** The name of the run's queue. */
  id: z.string().min(1),
  /** The paths of the dataset's metadata and of the journal, on a shared file system. */
  metadata: z.string().min(1),
  journal: z.string().min(1),
  judge: z.object({ name: z.string(), version: z.string() }),
  /** Every setting that an answer depends on, for whoever creates the judge. */
  settings: z.record(z.string(), z.json()),
});

export type RunRecord = z.infer<typeof runRecordSchema>;

/** What a judge is created from, in the coordinator and in every worker. */
export type RunSettings = RunRecord['settings'];

/** Creates the record of a run. The same command results in the same id, and one that may get other answers in another. */
export function runRecord(run: Omit<RunRecord, 'id'>): RunRecord {
  const { metadata, journal, judge, settings } = run;
  const identity = JSON.stringify([metadata, journal, judge.name, judge.version, settings]);
  return { id: hash('sha256', identity).slice(0, 16), ...run };
}

/** Returns the runs that want workers, by their ids. Skips records that are damaged or of another version. */
export async function listRuns(redis: Redis): Promise<Map<string, RunRecord>> {
  const records = Object.values(await redis.hgetall(RUNS_KEY)).flatMap((text) => toRecord(text) ?? []);
  return new Map(records.map((record) => [record.id, record]));
}

function toRecord(text: string): RunRecord | undefined {
  return runRecordSchema.safeParse(tryParseJson(text)).data;
}

/** Asks workers to take part in a run. Erases what another run with the same journal left in the queue. */
export async function announceRun(redis: Redis, record: RunRecord): Promise<void> {
  const earlier = toRecord((await redis.hget(RUNS_KEY, record.journal)) ?? '');
  await redis.hset(RUNS_KEY, record.journal, JSON.stringify(record));
  if (earlier !== undefined && earlier.id !== record.id) await eraseQueue(redis, earlier.id);
}

/** Sends the workers away: they finish what they have begun, and the results stay in the queue for the next time. */
export async function suspendRun(redis: Redis, { id, journal }: RunRecord): Promise<void> {
  await redis.hdel(RUNS_KEY, journal);
  await openQueue(redis, id).drain(true);
}

/**
 * Removes everything about a run whose answers are all in the journal. A worker that is checking for dead ones at this moment may write two
 * small keys again, which contain nothing of the run.
 */
export async function removeRun(redis: Redis, { id, journal }: RunRecord): Promise<void> {
  await redis.hdel(RUNS_KEY, journal);
  await eraseQueue(redis, id);
}

async function eraseQueue(redis: Redis, id: string): Promise<void> {
  await openQueue(redis, id).obliterate({ force: true });
  await redis.del(notesKey(id), aloneKey(id));
}

/** Opens the queue of a run. */
export function openQueue(redis: Redis, id: string): Queue {
  // Otherwise, metadata that is written on opening might arrive after the queue was erased.
  const queue = new Queue(id, { prefix: KEY_PREFIX, connection: redis, skipMetasUpdate: true });
  // Problems of the connection are reported by the connection.
  queue.on('error', () => undefined);
  return queue;
}

/** Workers' messages for whoever waits for the answers. */
function notesKey(id: string): string {
  return `${KEY_PREFIX}:${id}:notes`;
}

/** How often each job was begun while the worker did nothing else. */
export function aloneKey(id: string): string {
  return `${KEY_PREFIX}:${id}:alone`;
}

const MOST_NOTES = 100;

export async function leaveNote(redis: Redis, id: string, note: string): Promise<void> {
  await redis.lpush(notesKey(id), note);
  await redis.ltrim(notesKey(id), 0, MOST_NOTES - 1);
}

export async function takeNotes(redis: Redis, id: string): Promise<string[]> {
  return (await redis.rpop(notesKey(id), MOST_NOTES)) ?? [];
}
