import { useEffect, useReducer } from 'react';
import type { Feed } from '../runs/feed.ts';

/** Events come faster than anybody looks. */
const REDRAW_MILLISECONDS = 100;
const TICK_MILLISECONDS = 1000;

/** Draws again after events of the feeds, at most ten times a second. */
export function useFeeds(feeds: readonly Feed[], redrawMilliseconds = REDRAW_MILLISECONDS): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let timer: NodeJS.Timeout | undefined;
    const schedule = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        redraw();
      }, redrawMilliseconds);
    };
    const ends = feeds.map((feed) => feed.subscribe(schedule));
    schedule();
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [feeds, redrawMilliseconds]);
}

/** Draws again every second, for times that pass. */
export function useTicks(isTicking: boolean): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!isTicking) return undefined;
    const timer = setInterval(redraw, TICK_MILLISECONDS);
    return () => clearInterval(timer);
  }, [isTicking]);
}
