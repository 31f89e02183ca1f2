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
  /** The run folder for the events; without it they are not written. */
  readonly folder?: string | undefined;
  readonly command: string;
  /** Of this program. */
  readonly version?: string | undefined;
  /** All settings that the result depends on, for the first event. Never a secret. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** Discards events in the folder, which belong to a run whose result is gone. */
  readonly fresh?: boolean;
  /** Called if it takes seconds to find out whether another process is using the folder. */
  readonly onWait?: (message: string) => void;
  /** Called for each event, including the first. */
  readonly onEvent?: (event: RunEvent) => void;
};

/** A long-running task of this process. */
export type Run = {
  /** The run folder; undefined if events are not written. */
  readonly folder: string | undefined;
  readonly emit: Emit;
  /** The state according to the events of this process. */
  readonly state: RunState;
  /** Calls the listener after each event. Returns a function to unsubscribe. */
  subscribe(listener: (state: RunState) => void): () => void;
  /** Saves a small picture next to the events; resolves to undefined if that fails. */
  readonly savePreview: SavePreview;
  /** Requests from people who watch the run, sent as files in its folder. */
  readonly requests: RunRequests;
  /** Emits the ending and waits until all events are written. Later events are dropped. */
  finish(ending: RunEnding): Promise<void>;
  /**
   * Does the same for a run that was refused, for example for a wrong setting. If it reported no work, nothing is written, so events of earlier
   * work in the folder stay unchanged.
   */
  withdraw(ending: RunEnding): Promise<void>;
};

/**
 * Starts a run, or resumes the one in `folder`: its events are appended to `events.jsonl` there in the background. If they cannot be written, for
 * example on a full or read-only disk, a warning is emitted and the run continues. The last event tells how the process ended, except after
 * `kill -9` or a power failure.
 *
 * Throws 'failed' if another process is writing the events.
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
    // A failed preview must not end an edit.
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
