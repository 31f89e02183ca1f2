import type { Worker } from 'node:worker_threads';
import { startThread } from '../start-thread.ts';
import type { HostStep } from './host-plan.ts';
import type { HelperReply, HelperRequest, SharedArrays } from './helper-protocol.ts';

/** A second thread that executes some steps of a plan while this one executes others. */
export interface Helper {
  /** Executes the steps of a round. @throws Error if the thread failed. */
  run(round: number): Promise<void>;
  dispose(): void;
}

export interface HelperTask {
  /** The steps of a run in several rounds, each executed on request. */
  readonly rounds: readonly (readonly HostStep[])[];
  /** The plan's scalars. */
  readonly numbers: Float64Array;
  readonly entries: SharedArrays;
  readonly results: SharedArrays;
}

interface Thread {
  readonly worker: Worker;
  /** The number of plans it works on. */
  plans: number;
  /** Why it no longer replies. */
  failure?: string;
}

/** One thread serves all plans. It ends with the last of them, so that it no longer holds their memory. */
let shared: Thread | undefined;
let nextPlan = 0;

export function createHelper(task: HelperTask): Helper {
  shared ??= startHelping();
  const own = shared;
  const { worker } = own;
  const plan = nextPlan++;
  own.plans += 1;
  const ask = (request: HelperRequest) => worker.postMessage(request);
  ask({ ask: 'prepare', plan, ...task });
  return {
    run: (round) =>
      new Promise((resolve, reject) => {
        const end = (failure: string | undefined) => {
          worker.off('message', onReply).off('error', onError);
          if (failure === undefined) resolve();
          else reject(new Error(failure));
        };
        const onReply = ({ failure }: HelperReply) => end(failure);
        const onError = () => end(own.failure);
        if (own.failure !== undefined) {
          reject(new Error(own.failure));
          return;
        }
        worker.on('message', onReply).on('error', onError);
        ask({ ask: 'run', plan, round });
      }),
    dispose() {
      own.plans -= 1;
      ask({ ask: 'forget', plan });
      if (own.plans > 0) return;
      if (shared === own) shared = undefined;
      void worker.terminate();
    },
  };
}

function startHelping(): Thread {
  const thread: Thread = { worker: startThread('helper-worker', import.meta.url), plans: 0 };
  // The thread must not keep the process alive.
  thread.worker.unref();
  thread.worker.on('error', ({ message }) => {
    thread.failure = `the helper thread failed: ${message}`;
  });
  return thread;
}
