import { useEffect, useReducer } from 'react';
import type { Feed } from '../runs/feed.ts';
import { createPace } from './pace.ts';

const TICK_MILLISECONDS = 1000;

type Options = {
  /** Whether to draw again every second as well, for times that pass. */
  readonly isTicking: boolean;
  /** How long to wait between two frames; as the machine allows (`createPace`) unless told. */
  readonly redrawMilliseconds?: number | undefined;
};

/** Draws again after events of the feeds: they come faster than anybody looks. */
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
