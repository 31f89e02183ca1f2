export { annotateThroughQueue, type AnnotateThroughQueueOptions } from './annotate-through-queue.ts';
export { parseQueueAddress, type QueueAddress } from './queue-address.ts';
export { type RunSettings } from './queue-run.ts';
export { runWorker, type WorkerOptions, type WorkerSummary } from './run-worker.ts';
export { type CreateJudge, type WorkerJudge } from './serve-run.ts';
