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
import { createGate, type Gate } from './gate.ts';

/** The state of a run, kept up to date from its events. */
export type Feed = {
  readonly folder: string;
  readonly state: () => RunState;
  /** Calls the listener after events. Gives the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Why the events cannot be read, where that is so. */
  readonly trouble: () => string | undefined;
  /** Holds a replay still while it is closed; absent where a run is followed. */
  readonly gate?: Gate | undefined;
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
  const replay = speed === undefined ? undefined : { speed, gate: createGate() };
  const take = async () => {
    const groups =
      replay === undefined
        ? followEvents(path, { signal, ...(pollMilliseconds !== undefined && { pollMilliseconds }) })
        : paced(readEvents(path), replay, signal);
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
    gate: replay?.gate,
    ended,
    close: () => controller.abort(),
  };
}

/** The same events with the time between them that there was, divided by the speed, and with waits where the gate is closed. */
async function* paced(
  groups: AsyncIterable<readonly RunEvent[]>,
  { speed, gate }: { readonly speed: number; readonly gate: Gate },
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
        await gate.passed(signal);
        if (signal.aborted) return;
      }
      together.push(event);
    }
    yield together;
  }
}
