import type { Emit } from '../events/event-schema.ts';
import { openPhase, type RunState } from '../run-state/run-state.ts';
import type { RequestName } from './request.ts';

/** The requests of a run, for the code that does its work. */
export type RunRequests = {
  /** Whether the run is paused now. */
  isPaused(): boolean;
  /** Waits while the run is paused, or until the signal fires. */
  whilePaused(signal?: AbortSignal): Promise<void>;
  /** Returns whether this was requested since the last call. */
  take(request: 'checkpoint' | 'sample'): boolean;
  /** Calls the listener when the run is asked to stop. */
  onStop(listener: () => void): void;
};

/** For work without requests. */
export const NO_REQUESTS: RunRequests = {
  isPaused: () => false,
  whilePaused: async () => undefined,
  take: () => false,
  onStop: () => undefined,
};

const ASKED: Readonly<Record<RequestName, string>> = {
  pause: 'to pause',
  resume: 'to resume',
  checkpoint: 'for a checkpoint',
  sample: 'for a sample',
  stop: 'to stop',
};

/** Collects requests for a run's work and reports them as events. A phase supports only the requests it announces. */
export function collectRequests(
  emit: Emit,
  state: () => RunState,
): { readonly requests: RunRequests; readonly receive: (request: RequestName) => void } {
  const asked = new Set<RequestName>();
  const stopListeners = new Set<() => void>();
  /** Callbacks waiting for the end of the pause; undefined if the run is not paused. */
  let waiting: Set<() => void> | undefined;
  const goOn = () => {
    if (waiting === undefined) return;
    for (const resolve of waiting) resolve();
    waiting = undefined;
    emit({ type: 'waiting-over', what: 'resume' });
  };
  const receive = (request: RequestName) => {
    const able = openPhase(state())?.requests ?? [];
    if (request !== 'stop' && !able.includes(request === 'resume' ? 'pause' : request)) {
      emit({ type: 'log', message: `Asked ${ASKED[request]}, which this part of the work cannot do.` });
      return;
    }
    if (request === 'pause') {
      if (waiting !== undefined) return;
      waiting = new Set();
      emit({ type: 'waiting', what: 'resume', why: 'paused by whoever watches' });
      return;
    }
    emit({ type: 'log', message: `Asked ${ASKED[request]}.` });
    if (request === 'resume') goOn();
    else if (request === 'stop') {
      goOn();
      for (const listener of stopListeners) listener();
    } else asked.add(request);
  };
  return {
    receive,
    requests: {
      isPaused: () => waiting !== undefined,
      async whilePaused(signal) {
        const waiters = waiting;
        if (waiters === undefined || signal?.aborted === true) return;
        // The timer that polls for requests does not keep the process alive, so the pause must.
        const alive = setInterval(() => undefined, 60_000);
        await new Promise<void>((resolve) => {
          waiters.add(resolve);
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
        clearInterval(alive);
      },
      take: (request) => asked.delete(request),
      onStop: (listener) => stopListeners.add(listener),
    },
  };
}
