export { openBatchJournal, type BatchJournal } from './batch-journal.ts';
export { runBatches, whyUnfinished, type WaitingBatch } from './run-batches.ts';
export { assertNothingUnderWay } from './under-way.ts';
