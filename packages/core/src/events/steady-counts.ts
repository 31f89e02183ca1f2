import type { Emit, EventBody } from './event-schema.ts';

/** Counts that follow each other faster are left out: nobody sees them, and each would take a line of the stream. */
const SHORTEST_MILLISECONDS = 100;

type Type = EventBody['type'];
type Counting<T extends Type> = Extract<EventBody, { type: T }>;

/** What is spent changes with every call; whoever reads on at one of these finds it as it is then. */
const ENDS: ReadonlySet<Type> = new Set(['phase-finished', 'run-finished']);

/**
 * Passes events on, of `progress` and of `spending` at most ten a second each. The newest that was left out follows shortly after it;
 * that of `progress` before any event of another type, so that the counts are right whenever something else is told.
 */
export function steadyCounts(emit: Emit): Emit {
  const progress = atMostTenASecond<'progress'>(emit);
  const spending = atMostTenASecond<'spending'>(emit);
  return (event) => {
    if (event.type === 'progress') {
      if (progress.left !== undefined && progress.left.phase !== event.phase) progress.pass();
      progress.take(event);
    } else if (event.type === 'spending') spending.take(event);
    else {
      progress.pass();
      if (ENDS.has(event.type)) spending.pass();
      emit(event);
    }
  };
}

/** Holds the newest event of a type back until it may be passed on. */
function atMostTenASecond<T extends Type>(emit: Emit) {
  let passedAt = Number.NEGATIVE_INFINITY;
  let left: Counting<T> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const pass = () => {
    clearTimeout(timer);
    timer = undefined;
    if (left === undefined) return;
    const newest = left;
    left = undefined;
    passedAt = performance.now();
    emit(newest);
  };
  return {
    pass,
    get left() {
      return left;
    },
    take(event: Counting<T>) {
      left = event;
      const wait = passedAt + SHORTEST_MILLISECONDS - performance.now();
      if (wait <= 0) pass();
      else timer ??= setTimeout(pass, wait).unref();
    },
  };
}
