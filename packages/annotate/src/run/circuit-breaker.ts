import { RunEndingError } from '../judges/run-ending-error.ts';

/** Ends a run whose judge has no usable reply any more, before all that is left is set aside. */
export type CircuitBreaker<T> = {
  /**
   * The triplet that was begun as this one in the row got a usable reply. Gives what was held back before it in the row: the fault lay
   * with those triplets.
   */
  pass(position: number): readonly T[];
  /**
   * The triplet got no usable reply. Gives whether it is held back, since none that was begun after it has got one.
   *
   * @param counts unless it was held back in an earlier run, too.
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
 * The row is that in which triplets are begun, not that in which replies come: a reply says that the judge worked when it was asked for,
 * and a refusal overtakes the replies that are under way.
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

/** Says that the judge has no usable reply any more. */
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
      hint: `see in ${quarantine} what was replied and mend what is wrong; the same command asks about these triplets again`,
    },
  );
}
