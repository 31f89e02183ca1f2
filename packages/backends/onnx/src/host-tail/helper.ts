import type { Worker } from 'node:worker_threads';
import { startThread } from '../start-thread.ts';
import type { HostStep } from './host-plan.ts';
import type { HelperReply, HelperRequest, SharedArrays } from './helper-protocol.ts';

/** A second thread that does some steps of a plan while this one does others. */
export interface Helper {
  /** Does the steps of a round. @throws Error where the thread broke. */
  run(round: number): Promise<void>;
  dispose(): void;
}

export interface HelperTask {
  /** What it does in a run, one list after the other, each when it is told to. */
  readonly rounds: readonly (readonly HostStep[])[];
  /** The plan's single numbers. */
  readonly numbers: Float64Array;
  readonly entries: SharedArrays;
  readonly results: SharedArrays;
}

interface Thread {
  readonly worker: Worker;
  /** How many plans it helps with. */
  plans: number;
  /** Why it answers no more. */
  failure?: string;
}

/** One thread helps with all plans. It ends with the last of them, so that nothing there holds their memory any longer. */
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
  // It keeps no process from its end.
  thread.worker.unref();
  thread.worker.on('error', ({ message }) => {
    thread.failure = `the helping thread broke: ${message}`;
  });
  return thread;
}
