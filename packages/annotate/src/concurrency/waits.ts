import type { Emit } from '@rewardedit/core';

/** What is waited for, such as "the rate limit", and why. */
export type Wait = { readonly what: string; readonly why: string };

/** Tells what a run waits for. Many may wait for the same: it is told once, and that it is over when none waits any more. */
export type Waits = {
  /**
   * Something waits for so many milliseconds.
   *
   * @param asked whether others have asked for it, which is told whenever it takes longer than was told before.
   */
  during(milliseconds: number, wait: Wait & { readonly asked?: boolean }, emit: Emit | undefined): void;
  /** Something waits, and nobody knows how long. Gives the function that ends it. */
  begin(wait: Wait, emit: Emit | undefined): () => void;
};

/** Shorter waits, in milliseconds, are not worth a word. */
const SHORTEST_TOLD = 5000;
/** What is waited for in the same way again is told again after so long. */
const TOLD_AGAIN_AFTER = 60_000;

type Timed = { told: number; toldAt: number; end: NodeJS.Timeout | undefined };
type Open = { count: number; isTold: boolean; timer: NodeJS.Timeout };

/** @param clock gives the time, in milliseconds since 1970. */
export function createWaits(clock: () => number): Waits {
  const timed = new Map<string, Timed>();
  const open = new Map<string, Open>();
  return {
    during(milliseconds, { what, why, asked = false }, emit) {
      const now = clock();
      const until = now + milliseconds;
      const before = timed.get(what) ?? { told: -Infinity, toldAt: -Infinity, end: undefined };
      const isNews = until > before.told + SHORTEST_TOLD && (asked || now > before.toldAt + TOLD_AGAIN_AFTER);
      if (milliseconds < SHORTEST_TOLD || !isNews) return;
      emit?.({ type: 'waiting', what, why, until: new Date(until).toISOString() });
      clearTimeout(before.end);
      const end = setTimeout(() => emit?.({ type: 'waiting-over', what }), milliseconds);
      end.unref?.();
      timed.set(what, { told: until, toldAt: now, end });
    },
    begin({ what, why }, emit) {
      const tell = (wait: Open) => {
        wait.isTold = true;
        emit?.({ type: 'waiting', what, why });
      };
      const wait: Open = open.get(what) ?? {
        count: 0,
        isTold: false,
        timer: setTimeout(() => tell(wait), SHORTEST_TOLD),
      };
      open.set(what, wait);
      wait.count += 1;
      return () => {
        wait.count -= 1;
        if (wait.count > 0) return;
        clearTimeout(wait.timer);
        open.delete(what);
        if (wait.isTold) emit?.({ type: 'waiting-over', what });
      };
    },
  };
}
