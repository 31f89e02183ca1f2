export { annotateThroughQueue } from './annotate-through-queue.ts';
export { parseQueueAddress, type QueueAddress } from './queue-address.ts';
export { type RunSettings } from './queue-run.ts';
export { runWorker, type WorkerSummary } from './run-worker.ts';
export { type CreateJudge } from './serve-run.ts';
