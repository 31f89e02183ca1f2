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
  /** Calls the listener after events. Returns the function that unsubscribes it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Why the events cannot be read; absent if they can. */
  readonly trouble: () => string | undefined;
  /** Pauses a replay while closed; absent for a run that is followed. */
  readonly gate?: Gate | undefined;
  /** Resolves when a replay has ended, or the feed is closed. */
  readonly ended: Promise<void>;
  readonly close: () => void;
};

/** A replay shortens longer gaps between events to this. */
const LONGEST_WAIT_SECONDS = 2;

/** Follows the events of a run. With a `speed`, replays the existing events at that multiple of their original speed instead. */
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

/** Yields the events with the original delays divided by the speed, waiting while the gate is closed. */
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
      // Timers cannot wait for less.
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
