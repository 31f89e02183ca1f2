import type { Emit, EventBody } from './event-schema.ts';

/** Counts that follow each other faster are left out: nobody sees them, and each would take a line of the stream. */
const SHORTEST_MILLISECONDS = 100;

type Progress = Extract<EventBody, { type: 'progress' }>;

/**
 * Passes events on, of `progress` at most ten a second. The newest that was left out follows before the next event of another type, or
 * shortly after it: so the counts are right whenever something else is told.
 */
export function steadyProgress(emit: Emit): Emit {
  let passedAt = Number.NEGATIVE_INFINITY;
  let left: Progress | undefined;
  let timer: NodeJS.Timeout | undefined;
  const pass = () => {
    clearTimeout(timer);
    timer = undefined;
    if (left === undefined) return;
    const progress = left;
    left = undefined;
    passedAt = performance.now();
    emit(progress);
  };
  return (event) => {
    if (event.type !== 'progress') {
      pass();
      emit(event);
      return;
    }
    if (left !== undefined && left.phase !== event.phase) pass();
    left = event;
    const wait = passedAt + SHORTEST_MILLISECONDS - performance.now();
    if (wait <= 0) pass();
    else timer ??= setTimeout(pass, wait).unref();
  };
}
