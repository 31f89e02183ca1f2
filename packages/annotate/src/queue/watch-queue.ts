import type { Queue } from 'bullmq';

/** What is expected of a queue. */
export type Expectations = {
  /** The ids of the jobs that are in the queue and have no result yet, as far as is known. */
  expected(): ReadonlySet<string>;
  /** How many results have come. */
  results(): number;
  /** Told which jobs the queue does not have any more: its server may have been restarted without its data. */
  onLost(ids: readonly string[]): void | Promise<void>;
  /** Told, once at a time, that jobs wait but no worker is at work, whether one was before; and that one is again. */
  onSilence(wasHeard: boolean): void;
  onHeard(): void;
};

const SILENCE_MILLISECONDS = 4000;

/** Gives a function that looks, each time it is called, whether a queue still has its jobs and its workers. */
export function watchQueue(queue: Queue, expectations: Expectations): () => Promise<void> {
  const { expected, results, onLost, onSilence, onHeard } = expectations;
  let heardAt = performance.now();
  let known = results();
  let [wasHeard, isSilent] = [false, false];
  return async () => {
    const before = expected();
    // One script of the server looks at all of them, so that no job slips from one to another meanwhile.
    const there = new Set(await queue.getRanges(['wait', 'active', 'delayed', 'completed', 'failed'], 0, -1));
    const now = expected();
    const lost = [...before].filter((id) => !there.has(id) && now.has(id));
    if (lost.length > 0) await onLost(lost);

    const isHeard = results() > known || (await queue.getActiveCount()) > 0;
    known = results();
    if (isHeard || now.size === 0) heardAt = performance.now();
    wasHeard ||= isHeard;
    const silent = performance.now() - heardAt > SILENCE_MILLISECONDS;
    if (silent && !isSilent) onSilence(wasHeard);
    if (!silent && isSilent) onHeard();
    isSilent = silent;
  };
}
