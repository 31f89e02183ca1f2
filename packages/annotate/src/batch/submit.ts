import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import type { Batch, BatchClient } from './batch-client.ts';
import type { BatchJournal, RequestFile } from './batch-journal.ts';

/**
 * Brings a file of requests as far as a batch that is under way, from wherever it was left, and gives that; undefined where the
 * server has no room for it now, it is not `allowed` any more, or it is gone. What was begun and not noted as done may have been done: it is
 * looked for first.
 */
export async function submit(
  file: RequestFile,
  journal: BatchJournal,
  client: BatchClient,
  allowed: () => Promise<boolean>,
): Promise<Batch | undefined> {
  const { name, endpoint } = file;
  const local = join(journal.folder, name);
  if (file.id === undefined) {
    if (!existsSync(local)) {
      await journal.note({ event: 'dropped', file: name, reason: 'the file is gone', remains: [] });
      return undefined;
    }
    const look = file.stage === 'uploading';
    if (!look) await journal.note({ event: 'uploading', file: name });
    const id = await client.upload(local, name, look);
    await journal.note({ event: 'uploaded', file: name, id });
  }
  await rm(local, { force: true });

  const submitted = { name, id: file.id!, refused: file.refused };
  const earlier = file.stage === 'submitting' ? await client.find(submitted) : undefined;
  if (earlier === undefined && !(await allowed())) {
    const remains = [submitted.id];
    await journal.note({ event: 'dropped', file: name, reason: 'the budget is used up', remains });
    return undefined;
  }
  if (file.stage !== 'submitting') await journal.note({ event: 'submitting', file: name });
  const submission = earlier === undefined ? await client.submit(submitted, endpoint) : { batch: earlier };
  if ('batch' in submission) {
    await journal.note({ event: 'submitted', file: name, batch: submission.batch.id });
    return submission.batch;
  }
  if ('refused' in submission) {
    await noteRefused(file, journal, { reason: submission.refused });
    return undefined;
  }
  await journal.note({ event: 'dropped', file: name, reason: submission.lost, remains: [] });
  throw new RewardEditError('failed', `the server lost the file that was uploaded: ${submission.lost}`, {
    where: file.server,
    hint: 'the same command makes it anew',
  });
}

/**
 * Notes that the server had no room for a file. Where nothing else is under way, the file is too large by itself: it is
 * dropped, and files are to be half as large from now on.
 */
export async function noteRefused(
  file: RequestFile,
  journal: BatchJournal,
  { reason, batch }: { readonly reason: string; readonly batch?: string },
): Promise<void> {
  const { name, id, keys, most } = file;
  const underWay = batchesUnderWay(journal, file);
  if (underWay === 0 && keys.size > 1) {
    const remains = id === undefined ? [] : [id];
    const tokenLimit = Math.floor(most.input / 2);
    await journal.note({ event: 'dropped', file: name, reason, tokenLimit, remains });
    return;
  }
  await journal.note({
    event: 'refused',
    file: name,
    reason,
    underWay,
    ...(batch !== undefined && { batch }),
  });
  if (underWay > 0) return;
  throw new RewardEditError('exhausted', `the server has no room for a single request: ${reason}`, {
    where: file.server,
    hint: 'the same command tries again later',
  });
}

/** Whether there may be room by now for a file that was refused: fewer batches are under way than were then. */
export function mayFit(file: RequestFile, journal: BatchJournal): boolean {
  return file.stage !== 'refused' || file.underWay === 0 || batchesUnderWay(journal, file) < file.underWay!;
}

/** Batches of the same model that are under way, besides that of the file itself. */
function batchesUnderWay({ files }: BatchJournal, { name, server, model }: RequestFile): number {
  return [...files.values()].filter(
    (each) =>
      each.name !== name && each.stage === 'submitted' && each.server === server && each.model === model,
  ).length;
}
