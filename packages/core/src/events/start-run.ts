import { hostname } from 'node:os';
import { reduceRun } from '../run-state/reduce.ts';
import { INITIAL_STATE, type RunState } from '../run-state/run-state.ts';
import type { Emit, RunEnding, RunEvent } from './event-schema.ts';
import { startHeart } from './heart.ts';
import { createPreviews, type SavePreview } from './previews.ts';
import { watchOver } from './process-end.ts';
import { collectRequests, type RunRequests } from '../requests/run-requests.ts';
import { takeRequests } from '../requests/take-requests.ts';
import { newRunName } from './run-name.ts';
import { NO_STREAM, PREAMBLE, openRunStream } from './run-stream.ts';
import { steadyCounts } from './steady-counts.ts';

export type RunOptions = {
  /** Where the events go; nowhere by default: then only this process knows of the run. */
  readonly folder?: string | undefined;
  readonly command: string;
  /** Of this program. */
  readonly version?: string | undefined;
  /** Everything that the result depends on. Never a secret: it stands in the first event. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** There is nothing to go on with: events that are in the folder are of a run whose result is gone. */
  readonly fresh?: boolean;
  /** Told where it takes some seconds to find out whether another process is at work in the folder. */
  readonly onWait?: (message: string) => void;
  /** Told of each event, the first one too. */
  readonly onEvent?: (event: RunEvent) => void;
};

/** Work that takes long, as this process does it. */
export type Run = {
  /** Where the events go; undefined where they go nowhere. */
  readonly folder: string | undefined;
  readonly emit: Emit;
  /** What the events of this process say. */
  readonly state: RunState;
  /** Calls the listener after each event. Gives the function that ends it. */
  subscribe(listener: (state: RunState) => void): () => void;
  /** Keeps a small picture beside the events; undefined where it cannot be kept. */
  readonly savePreview: SavePreview;
  /** What whoever watches asks of it, by files in its folder. */
  readonly requests: RunRequests;
  /** Tells how it ended, and waits until all events are written. What is told later is lost. */
  finish(ending: RunEnding): Promise<void>;
  /**
   * The same for a run that was refused, as for a wrong setting: where no work was told of before, nothing is written, so that what is
   * known of earlier work in this folder stays as it is.
   */
  withdraw(ending: RunEnding): Promise<void>;
};

/**
 * Begins a run, or goes on with the one in `folder`: its events are appended to `events.jsonl` there, while nobody waits for the disk.
 * Events that cannot be written, as on a disk that is full or read-only, end no run: a warning says so. However the process ends, but for
 * `kill -9` and a power cut, the last event tells.
 *
 * Throws 'failed' while another process writes the events.
 */
export async function startRun(options: RunOptions): Promise<Run> {
  const { folder, command, version, config, fresh = false, onWait, onEvent } = options;
  const onTrouble = ({ message }: Error) =>
    emit({
      type: 'warning',
      message: `${message} (${folder}); the work goes on, and its events are missing`,
    });
  const stream = folder === undefined ? NO_STREAM : await openRunStream(folder, { fresh, onTrouble, onWait });
  const host = hostname();
  const run = stream.last?.run ?? newRunName(command);
  let seq = stream.last?.seq ?? 0;
  let state: RunState = { ...INITIAL_STATE, lastSeq: seq };
  let isFinished = false;
  const listeners = new Set<(state: RunState) => void>();

  let { trouble } = stream;
  const emit = steadyCounts((body) => {
    if (isFinished) return;
    if (trouble !== undefined && !PREAMBLE.has(body.type)) {
      const first = trouble;
      trouble = undefined;
      onTrouble(first);
    }
    seq += 1;
    const event: RunEvent = { seq, time: new Date().toISOString(), run, host, ...body };
    stream.write(event);
    state = reduceRun(state, event);
    onEvent?.(event);
    for (const listener of listeners) listener(state);
  });
  const stopHeart = startHeart(emit);
  const { requests, receive } = collectRequests(emit, () => state);
  const stopTaking =
    folder === undefined || !stream.isOpen
      ? () => undefined
      : takeRequests(folder, {
          run,
          onRequest: receive,
          onRefusal: (message) => emit({ type: 'warning', message }),
        });
  const end = (ending: RunEnding) => {
    emit({ type: 'run-finished', ...ending });
    isFinished = true;
    stopHeart();
    stopTaking();
    stopWatching();
  };
  const stopWatching = watchOver((ending) => {
    end(ending);
    stream.closeNow();
  });

  emit({ type: 'run-started', command, pid: process.pid, version, config });
  const previews = stream.isOpen && folder !== undefined ? createPreviews(folder) : undefined;
  return {
    folder: stream.isOpen ? folder : undefined,
    emit,
    get state() {
      return state;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    // One that cannot be kept is no reason to stop an edit.
    savePreview: async (png) => previews?.(png).catch(() => undefined),
    requests,
    async finish(ending) {
      if (isFinished) return;
      end(ending);
      await stream.close();
    },
    async withdraw(ending) {
      if (isFinished) return;
      end(ending);
      await stream.withdraw();
    },
  };
}
