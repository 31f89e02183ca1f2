import { useEffect, useReducer } from 'react';
import type { Feed } from '../runs/feed.ts';
import { createPace } from './pace.ts';

const TICK_MILLISECONDS = 1000;

type Options = {
  /** Whether to redraw every second too, for elapsed times. */
  readonly isTicking: boolean;
  /** The delay between two frames; by default from `createPace`. */
  readonly redrawMilliseconds?: number | undefined;
};

/** Redraws after events of the feeds, which arrive faster than frames. */
export function useFeeds(feeds: readonly Feed[], { isTicking, redrawMilliseconds }: Options): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const pace = createPace();
    let timer: NodeJS.Timeout | undefined;
    const draw = () => {
      timer = undefined;
      if (redrawMilliseconds === undefined && pace.rest() > 0) {
        schedule();
        return;
      }
      pace.drawn();
      redraw();
    };
    function schedule() {
      timer ??= setTimeout(draw, redrawMilliseconds ?? pace.rest());
    }
    const ends = feeds.map((feed) => feed.subscribe(schedule));
    const ticks = isTicking ? setInterval(schedule, TICK_MILLISECONDS) : undefined;
    schedule();
    return () => {
      clearTimeout(timer);
      clearInterval(ticks);
      for (const end of ends) end();
    };
  }, [feeds, isTicking, redrawMilliseconds]);
}
