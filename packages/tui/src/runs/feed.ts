import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  EVENTS_FILE,
  INITIAL_STATE,
  followEvents,
  readEvents,
  reduceRun,
  type RunEvent,
  type RunState,
} from '@rewardedit/core';

/** The state of a run, kept up to date from its events. */
export type Feed = {
  readonly folder: string;
  readonly state: () => RunState;
  /** Calls the listener after events. Gives the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Why the events cannot be read, where that is so. */
  readonly trouble: () => string | undefined;
  /** Settles when a replay is at its end, or the feed is closed. */
  readonly ended: Promise<void>;
  readonly close: () => void;
};

/** Where nothing happened for longer than this, a replay goes on nevertheless. */
const LONGEST_WAIT_SECONDS = 2;

/**
 * Follows the events of a run. With a `speed` it replays those that are there, so many times as fast as they came, instead.
 */
export function openFeed(
  folder: string,
  {
    speed,
    pollMilliseconds,
  }: { readonly speed?: number | undefined; readonly pollMilliseconds?: number } = {},
): Feed {
  const path = join(folder, EVENTS_FILE);
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<() => void>();
  let state = INITIAL_STATE;
  let trouble: string | undefined;
  const take = async () => {
    const groups =
      speed === undefined
        ? followEvents(path, { signal, ...(pollMilliseconds !== undefined && { pollMilliseconds }) })
        : paced(readEvents(path), speed, signal);
    for await (const events of groups) {
      if (signal.aborted) return;
      state = events.reduce(reduceRun, state);
      for (const listener of listeners) listener();
    }
  };
  const ended = take().catch((error: unknown) => {
    trouble = error instanceof Error ? error.message : String(error);
    for (const listener of listeners) listener();
  });
  return {
    folder,
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    trouble: () => trouble,
    ended,
    close: () => controller.abort(),
  };
}

/** The same events with the time between them that there was, divided by the speed. */
async function* paced(
  groups: AsyncIterable<readonly RunEvent[]>,
  speed: number,
  signal: AbortSignal,
): AsyncGenerator<readonly RunEvent[]> {
  let last: number | undefined;
  for await (const events of groups) {
    let together: RunEvent[] = [];
    for (const event of events) {
      const at = Date.parse(event.time);
      const wait = Math.min(LONGEST_WAIT_SECONDS, (at - (last ?? at)) / 1000 / speed);
      last = at;
      // A shorter wait is none for a timer.
      if (wait >= 0.002) {
        yield together;
        together = [];
        await sleep(1000 * wait, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
      }
      together.push(event);
    }
    yield together;
  }
}
