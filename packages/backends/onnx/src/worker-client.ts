import type { Worker } from 'node:worker_threads';
import { RewardEditError } from '@rewardedit/core';
import { startThread } from './start-thread.ts';
import type { CallName, Calls, Reply } from './worker-protocol.ts';

/** The main thread's side of the worker thread. */
export interface WorkerClient {
  /** @param what describes the request, for error messages. */
  call<Name extends CallName>(
    name: Name,
    what: string,
    request: Calls[Name]['request'],
    transfer?: readonly ArrayBuffer[],
  ): Promise<Calls[Name]['reply']>;
  dispose(): Promise<void>;
}

interface Pending {
  readonly what: string;
  resolve(result: Calls[CallName]['reply']): void;
  reject(error: Error): void;
}

export function createWorkerClient(worker: Worker = startThread('worker', import.meta.url)): WorkerClient {
  const pending = new Map<number, Pending>();
  let nextId = 0;
  let ended: string | undefined;

  function end(reason: string): void {
    ended ??= reason;
    for (const [id, { what, reject }] of pending) {
      pending.delete(id);
      reject(new RewardEditError('failed', `${what} was interrupted: ${ended}`));
    }
  }

  worker.on('message', (reply: Reply) => {
    const call = pending.get(reply.id)!;
    pending.delete(reply.id);
    if ('failure' in reply)
      call.reject(new RewardEditError('failed', `${call.what} failed: ${reply.failure}`));
    else call.resolve(reply.result);
    if (pending.size === 0) worker.unref();
  });
  worker.on('error', (error) => end(`the worker thread failed: ${error.message}`));
  worker.on('exit', (code) => end(`the worker thread ended with code ${code}.`));
  worker.unref();

  return {
    call: (name, what, request, transfer = []) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(new RewardEditError('failed', `${what} is not possible: ${ended}`));
          return;
        }
        const id = nextId++;
        pending.set(id, { what, resolve, reject });
        worker.ref();
        worker.postMessage({ id, name, request }, transfer);
      }),
    dispose: async () => {
      end('the backend was disposed of.');
      await worker.terminate();
    },
  };
}
