import type { Backend, BackendEvent } from './backend.ts';

const HEARTBEAT_MILLISECONDS = 500;

/** What a backend needs to report events. */
export interface BackendEvents {
  readonly onEvent: Backend['onEvent'];
  report(event: BackendEvent): void;
  /** Awaits work and reports a heartbeat meanwhile. */
  whileRunning<Result>(work: Promise<Result>): Promise<Result>;
}

export function createBackendEvents(): BackendEvents {
  const listeners = new Set<(event: BackendEvent) => void>();

  function report(event: BackendEvent): void {
    for (const listener of listeners) listener(event);
  }

  return {
    report,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    whileRunning: async (work) => {
      const start = performance.now();
      const timer = setInterval(
        () => report({ type: 'running', seconds: (performance.now() - start) / 1000 }),
        HEARTBEAT_MILLISECONDS,
      );
      try {
        return await work;
      } finally {
        clearInterval(timer);
      }
    },
  };
}
