import { setImmediate } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { withRetries } from './connect-queue.ts';
import { jobId, type JobData } from './job.ts';

/** Adds jobs to a queue, in one call for those that arrive together. */
export type JobOutbox = {
  add(data: JobData): void;
  /** Whether a job is not in the queue yet. */
  has(id: string): boolean;
  /** Adds no more jobs, and waits for those being added. */
  close(): Promise<void>;
};

const JOBS_PER_CALL = 256;
/** Retries of a job whose result could not be handed over, as when the server was replaced by another. */
const OPTIONS = { attempts: 10, backoff: { type: 'fixed', delay: 1000 } };

/** @param onError is called if jobs could not be added; the outbox then accepts no more. */
export function createJobOutbox(redis: Redis, queue: Queue, onError: (error: unknown) => void): JobOutbox {
  const unsent = new Map<string, JobData>();
  let sending: Promise<void> | undefined;
  const closed = new AbortController();

  const send = async () => {
    // Collects the jobs of all who ask at the same time.
    await setImmediate();
    while (unsent.size > 0 && !closed.signal.aborted) {
      const batch = [...unsent].slice(0, JOBS_PER_CALL);
      const jobs = batch.map(([id, data]) => ({ name: 'judge', data, opts: { jobId: id, ...OPTIONS } }));
      await withRetries(redis, () => queue.addBulk(jobs));
      for (const [id] of batch) unsent.delete(id);
    }
    sending = undefined;
  };

  return {
    add(data) {
      if (closed.signal.aborted) return;
      unsent.set(jobId(data), data);
      sending ??= send().catch(onError);
    },
    has: (id) => unsent.has(id),
    async close() {
      closed.abort();
      await sending;
    },
  };
}
