import type { Job, Queue } from 'bullmq';
import { jobResultSchema, type JobResult } from './job.ts';

export type FinishedJob = { readonly id: string; readonly result: JobResult };

/** The finished jobs of a queue, which stay there until they are removed. */
export type FinishedJobs = {
  /** Returns some that were not returned before, oldest first; none if there are none. */
  next(): Promise<FinishedJob[]>;
  /** Returns those whose result no worker could hand over, despite retries. */
  failed(): Promise<FinishedJob[]>;
  remove(id: string): Promise<void>;
};

const JOBS_PER_CALL = 256;

export function finishedJobs(queue: Queue): FinishedJobs {
  /** Jobs that were returned but have to stay in the queue. */
  const given = new Set<string>();

  const read = async (ids: readonly string[]): Promise<FinishedJob[]> => {
    const ungiven = ids.filter((id) => !given.has(id));
    const jobs = await Promise.all(ungiven.map((id) => queue.getJob(id)));
    return jobs.flatMap((job, position) => {
      // It may have been removed meanwhile.
      if (job === undefined) return [];
      const id = ungiven[position];
      given.add(id);
      return [{ id, result: resultOf(job) }];
    });
  };

  return {
    next: async () => read(await queue.getRanges(['completed'], 0, given.size + JOBS_PER_CALL - 1, true)),
    failed: async () => read(await queue.getRanges(['failed'], 0, -1)),
    async remove(id) {
      await queue.remove(id);
      given.delete(id);
    },
  };
}

function resultOf({ failedReason, finishedOn, returnvalue }: Job): JobResult {
  if (returnvalue === null && failedReason !== undefined && finishedOn !== undefined)
    return { judgement: { missing: `no worker could hand over an answer: ${failedReason}` } };
  const result = jobResultSchema.safeParse(returnvalue);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  const problem = [...path.map(String), message].join(': ');
  return { error: { code: 'failed', message: `a worker returned an invalid answer: ${problem}` } };
}
