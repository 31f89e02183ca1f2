import type { Queue } from 'bullmq';

/** What is expected of a queue. */
export type Expectations = {
  /** The ids of the jobs that should be in the queue without a result. */
  expected(): ReadonlySet<string>;
  /** How many results have arrived. */
  results(): number;
  /** Called with the jobs that the queue no longer has: its server may have been restarted without its data. */
  onLost(ids: readonly string[]): void | Promise<void>;
  /** Called once when jobs wait but no worker is active, with whether one was before; and when one is active again. */
  onSilence(wasHeard: boolean): void;
  onHeard(): void;
};

const SILENCE_MILLISECONDS = 4000;

/** Returns a function that checks, each time it is called, whether a queue still has its jobs and its workers. */
export function watchQueue(queue: Queue, expectations: Expectations): () => Promise<void> {
  const { expected, results, onLost, onSilence, onHeard } = expectations;
  let heardAt = performance.now();
  let known = results();
  let [wasHeard, isSilent] = [false, false];
  return async () => {
    const before = expected();
    // One script of the server looks at all states, so that no job slips from one to another meanwhile.
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
