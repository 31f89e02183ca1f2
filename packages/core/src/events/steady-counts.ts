import type { Emit, EventBody } from './event-schema.ts';

/** Minimum interval between two counts. Faster ones would not be seen, but each takes a line of the stream. */
const SHORTEST_MILLISECONDS = 100;

type Type = EventBody['type'];
type Counting<T extends Type> = Extract<EventBody, { type: T }>;

/** Events before which the latest spending is emitted. */
const ENDS: ReadonlySet<Type> = new Set(['phase-finished', 'run-finished']);

/**
 * Forwards events, but at most ten `progress` and ten `spending` events per second. The newest one held back follows shortly after; for `progress`,
 * before any event of another type, so that counts are up to date at every other event.
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

/** Holds back the newest event of a type until it may be emitted. */
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
