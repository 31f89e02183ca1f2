import { RunEndingError } from '../judges/run-ending-error.ts';

/** Ends a run whose judge has no usable reply any more, before all remaining triplets are set aside. */
export type CircuitBreaker<T> = {
  /** Reports a usable reply to the triplet at this position. Returns what was held back before it: those triplets were at fault. */
  pass(position: number): readonly T[];
  /**
   * Reports an unusable reply. Returns whether the triplet is held back, because none that began after it has got a usable one.
   *
   * @param counts false if it was already held back in an earlier run.
   */
  hold(position: number, item: T, counts: boolean): boolean;
  /** Whether so many in a row got none that the judge is at fault. */
  readonly tripped: boolean;
  /** What is held back. */
  readonly held: readonly T[];
};

/** So many triplets in a row without a usable reply are no coincidence. */
const BREAK_AFTER = 20;

/**
 * Creates a circuit breaker. Positions are in the order in which triplets begin, not in which replies arrive: a reply shows that the judge
 * worked when it was asked, and a refusal overtakes the replies under way.
 */
export function createCircuitBreaker<T>(breakAfter = BREAK_AFTER): CircuitBreaker<T> {
  let held: { readonly position: number; readonly item: T; readonly counts: boolean }[] = [];
  let lastPassed = -1;
  return {
    pass(position) {
      lastPassed = Math.max(lastPassed, position);
      const cleared = held.filter((each) => each.position < lastPassed);
      held = held.filter((each) => each.position > lastPassed);
      return cleared.map(({ item }) => item);
    },
    hold(position, item, counts) {
      if (position < lastPassed) return false;
      held.push({ position, item, counts });
      return true;
    },
    get tripped() {
      return held.filter(({ counts }) => counts).length >= breakAfter;
    },
    get held() {
      return held.map(({ item }) => item);
    },
  };
}

/** The error for a judge that has no usable reply any more. */
export function noUsableReply(
  reason: string,
  {
    judge,
    count,
    quarantine,
  }: { readonly judge: string; readonly count: number; readonly quarantine: string },
): RunEndingError {
  return new RunEndingError(
    'failed',
    `${count} triplets in a row got no usable reply, the last one: ${reason}`,
    {
      where: judge,
      hint: `see the replies in ${quarantine} and fix the cause; the same command asks about these triplets again`,
    },
  );
}
