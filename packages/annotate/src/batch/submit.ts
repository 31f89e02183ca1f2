import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import type { Batch, BatchClient } from './batch-client.ts';
import type { BatchJournal, RequestFile } from './batch-journal.ts';

/**
 * Brings a file of requests to a batch under way, from whatever stage it was left in, and returns the batch; undefined if the server has no
 * room for it now, it is no longer `allowed`, or it is gone. A step that was begun but not recorded as done may have been done: its result
 * is searched for first.
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
    hint: 'the same command uploads it again',
  });
}

/**
 * Records that the server had no room for a file. If nothing else is under way, the file itself is too large: it is dropped, and later
 * files are limited to half its tokens.
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

/** Whether a refused file may fit now: fewer batches are under way than at that time. */
export function mayFit(file: RequestFile, journal: BatchJournal): boolean {
  return file.stage !== 'refused' || file.underWay === 0 || batchesUnderWay(journal, file) < file.underWay!;
}

/** Counts the other batches of the same model under way. */
function batchesUnderWay({ files }: BatchJournal, { name, server, model }: RequestFile): number {
  return [...files.values()].filter(
    (each) =>
      each.name !== name && each.stage === 'submitted' && each.server === server && each.model === model,
  ).length;
}
