import { setImmediate } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { withRetries } from './connect-queue.ts';
import { jobId, type JobData } from './job.ts';

/** Puts jobs into a queue, those that come at the same time in one call. */
export type JobOutbox = {
  add(data: JobData): void;
  /** Whether a job still has to be put into the queue. */
  has(id: string): boolean;
  /** Puts no more jobs into the queue, and waits for those that are being put there. */
  close(): Promise<void>;
};

const JOBS_PER_CALL = 256;
/** A job whose result could not be handed over, as where another server took the place of the first, is done again so often. */
const OPTIONS = { attempts: 10, backoff: { type: 'fixed', delay: 1000 } };

/** @param onError is told why jobs could not be put into the queue; it takes no more then. */
export function createJobOutbox(redis: Redis, queue: Queue, onError: (error: unknown) => void): JobOutbox {
  const unsent = new Map<string, JobData>();
  let sending: Promise<void> | undefined;
  const closed = new AbortController();

  const send = async () => {
    // Lets those who ask at the same time be in the same call.
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
