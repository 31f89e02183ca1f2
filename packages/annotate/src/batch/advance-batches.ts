import { RewardEditError, type Emit } from '@rewardedit/core';
import { NOTHING, type Amount } from '../language-model/spending/amount.ts';
import { committedIn, noteBatch } from '../language-model/spending/ledger.ts';
import type { ReplyStore } from '../language-model/store/reply-store.ts';
import { shortened } from '../language-model/api/shortened.ts';
import {
  amountOf,
  overBudget,
  spendingEvent,
  spendingOf,
  type Budget,
} from '../language-model/spending/spending.ts';
import { NO_ROOM, type Batch, type BatchClient } from './batch-client.ts';
import type { BatchJournal, RequestFile } from './batch-journal.ts';
import type { BatchTarget, BatchTargets } from './batch-target.ts';
import { OVER, collectBatch, type Collected } from './collect-batch.ts';
import { mayFit, noteRefused, submit } from './submit.ts';

/** The state of a run in batches. */
export type BatchRun = {
  readonly journal: BatchJournal;
  readonly targets: BatchTargets;
  readonly store: ReplyStore;
  readonly budget: Budget;
  /** The folder in which the run records its spending. */
  readonly ledger: string;
  clientOf(target: BatchTarget): BatchClient;
  /** The last seen state of each batch, by the name of its file. */
  readonly seen: Map<string, Batch>;
  readonly emit: Emit;
};

/** Goes once through the files of requests: collects finished batches, and submits waiting files. Returns whether anything changed. */
export async function advanceBatches(run: BatchRun): Promise<boolean> {
  const { journal, targets, clientOf } = run;
  let moved = false;
  let fatal: RewardEditError | undefined;
  for (const file of [...journal.files.values()]) {
    if (file.stage !== 'submitted') {
      if (!mayFit(file, journal)) continue;
      moved = (await submitFile(file, run)) || !journal.files.has(file.name) || moved;
      continue;
    }
    const batch = await clientOf(targets.named(file)).retrieve(file.batch!);
    run.seen.set(file.name, batch);
    if (batch.status !== 'failed' && !(batch.status in OVER)) continue;
    moved = true;
    const problem =
      batch.status === 'failed' ? await noteFailed(file, batch, run) : await collect(file, batch, run);
    fatal ??= problem;
  }
  await clear(run);
  if (fatal !== undefined) throw fatal;
  return moved;
}

/** Submits a file, unless the server has no room for it or the budget no longer allows it. Returns whether it was submitted. */
export async function submitFile(file: RequestFile, run: BatchRun): Promise<boolean> {
  const { journal, targets, budget } = run;
  const allowed = async () => {
    // Record first, then check: of this process and one that asks call by call at the same time, at least one sees the other.
    await noteSpending(file, run);
    return overBudget(budget, await committedIn(run.ledger)) === undefined;
  };
  let batch: Batch | undefined;
  try {
    batch = await submit(file, journal, run.clientOf(targets.named(file)), allowed);
  } finally {
    if (!journal.files.has(file.name)) await noteSpending(file, run, NOTHING);
  }
  if (batch === undefined) return false;
  run.seen.set(file.name, batch);
  run.emit({ type: 'log', message: `Submitted ${batch.id} for ${file.model}; requests: ${file.keys.size}.` });
  return true;
}

/** Records for all processes of the run the most that a batch may take or, once known, what it took. */
async function noteSpending(file: RequestFile, { ledger, targets }: BatchRun, took?: Amount): Promise<void> {
  const { prices } = targets.named(file);
  await noteBatch(ledger, file.name, amountOf(spendingOf(file.keys.size, file.most, prices)), took);
}

/** Stores what a batch returned. Returns why the run cannot continue, if the replies show that. */
async function collect(file: RequestFile, batch: Batch, run: BatchRun): Promise<RewardEditError | undefined> {
  const { journal, targets, store } = run;
  const target = targets.named(file);
  const collected = await collectBatch(file, batch, { target, client: run.clientOf(target), store });
  // The server's copy is deleted next, so this one must survive a power cut.
  await store.close();
  await noteSpending(file, run, amountOf(collected.note.spent));
  await journal.note(collected.note);
  run.emit({ type: 'log', message: describeCollected(batch, collected, file) });
  run.emit(spendingEvent(journal.spent, run.budget));
  return collected.fatal;
}

function describeCollected(
  { id, status }: Batch,
  { replies, unknown, damaged }: Collected,
  file: RequestFile,
): string {
  const remarks = [
    ...(damaged > 0 ? [`; damaged lines: ${damaged}`] : []),
    ...(unknown > 0 ? [`; lines about unknown requests: ${unknown}`] : []),
  ];
  return `Collected ${id}, which is ${status}; replies: ${replies} of ${file.keys.size}${remarks.join('')}.`;
}

/** Handles a batch that the server did not start. Returns why the run cannot continue, unless the reason is a lack of room. */
async function noteFailed(
  file: RequestFile,
  { id, errors }: Batch,
  run: BatchRun,
): Promise<RewardEditError | undefined> {
  const { journal } = run;
  const [first] = errors?.data ?? [];
  const reason = shortened(first?.message ?? first?.code ?? 'no reason is given');
  if (NO_ROOM.test(`${first?.code} ${reason}`)) {
    await noteRefused(file, journal, { reason, batch: id });
    if (!journal.files.has(file.name)) await noteSpending(file, run, NOTHING);
    return undefined;
  }
  await journal.note({ event: 'dropped', file: file.name, reason, remains: [file.id!] });
  await noteSpending(file, run, NOTHING);
  const line = typeof first?.line === 'number' ? ` (line ${first.line})` : '';
  return new RewardEditError('bad-input', `the server rejects the batch ${id}: ${reason}${line}`, {
    where: file.server,
    hint: 'check that this model can be asked in batches; no request of this batch was processed or charged',
  });
}

/** Deletes files at the server that are no longer needed, because they contain the user's pictures. Failures are retried the next time. */
async function clear({ journal, targets, clientOf }: BatchRun): Promise<void> {
  for (const [file, leftover] of journal.leftovers) {
    const target = targets.find(leftover);
    if (target === undefined) continue;
    const client = clientOf(target);
    const gone = await Promise.all(leftover.remains.map((id) => client.remove(id)));
    if (gone.every(Boolean)) await journal.note({ event: 'cleared', file });
  }
}
