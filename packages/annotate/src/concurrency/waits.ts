import type { Emit } from '@rewardedit/core';

/** What is waited for, such as "the rate limit", and why. */
export type Wait = { readonly what: string; readonly why: string };

/** Reports what a run waits for. If many calls wait for the same thing, it is reported once, and its end once, when none waits any more. */
export type Waits = {
  /**
   * Reports a wait of known length.
   *
   * @param asked whether the server asked for the wait; then a longer wait than the one reported is reported at once.
   */
  during(milliseconds: number, wait: Wait & { readonly asked?: boolean }, emit: Emit | undefined): void;
  /** Reports a wait of unknown length. Returns the function that ends it. */
  begin(wait: Wait, emit: Emit | undefined): () => void;
};

/** Shorter waits, in milliseconds, are not reported. */
const SHORTEST_REPORTED = 5000;
/** A wait for the same thing is reported again only after so many milliseconds. */
const REPORTED_AGAIN_AFTER = 60_000;

type Timed = { until: number; reportedAt: number; end: NodeJS.Timeout | undefined };
type Open = { count: number; isReported: boolean; timer: NodeJS.Timeout };

/** @param clock returns the time in milliseconds since 1970. */
export function createWaits(clock: () => number): Waits {
  const timed = new Map<string, Timed>();
  const open = new Map<string, Open>();
  return {
    during(milliseconds, { what, why, asked = false }, emit) {
      const now = clock();
      const until = now + milliseconds;
      const before = timed.get(what) ?? { until: -Infinity, reportedAt: -Infinity, end: undefined };
      const isNews =
        until > before.until + SHORTEST_REPORTED && (asked || now > before.reportedAt + REPORTED_AGAIN_AFTER);
      if (milliseconds < SHORTEST_REPORTED || !isNews) return;
      emit?.({ type: 'waiting', what, why, until: new Date(until).toISOString() });
      clearTimeout(before.end);
      const end = setTimeout(() => emit?.({ type: 'waiting-over', what }), milliseconds);
      end.unref?.();
      timed.set(what, { until, reportedAt: now, end });
    },
    begin({ what, why }, emit) {
      const report = (wait: Open) => {
        wait.isReported = true;
        emit?.({ type: 'waiting', what, why });
      };
      const wait: Open = open.get(what) ?? {
        count: 0,
        isReported: false,
        timer: setTimeout(() => report(wait), SHORTEST_REPORTED),
      };
      open.set(what, wait);
      wait.count += 1;
      return () => {
        wait.count -= 1;
        if (wait.count > 0) return;
        clearTimeout(wait.timer);
        open.delete(what);
        if (wait.isReported) emit?.({ type: 'waiting-over', what });
      };
    },
  };
}
