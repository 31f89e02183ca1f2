import { RewardEditError } from '@rewardedit/core';
import type { Usage } from '../language-model/api/chat.ts';
import {
  REJECTIONS_THAT_END_A_RUN,
  takesNone,
  type CallFailure,
} from '../language-model/calling/failures.ts';
import type { ReplyStore } from '../language-model/store/reply-store.ts';
import { NOTHING_SPENT, addSpending, spendingOf } from '../language-model/spending/spending.ts';
import type { Batch, BatchClient } from './batch-client.ts';
import type { Note, RequestFile } from './batch-journal.ts';
import { parseRow, readRow } from './batch-row.ts';
import type { BatchTarget } from './batch-target.ts';

export type Collected = {
  readonly note: Extract<Note, { event: 'collected' }>;
  /** Requests with a reply. */
  readonly replies: number;
  /** Lines that could not be used. */
  readonly unknown: number;
  readonly damaged: number;
  /** Why the run cannot continue, if the replies show that. */
  readonly fatal?: RewardEditError;
};

/** The statuses of finished batches, and what each means for requests without a row. */
export const OVER: Readonly<Record<string, CallFailure>> = {
  completed: { kind: 'broken-reply', message: 'the batch has no reply to this request' },
  expired: { kind: 'timeout', message: 'the batch expired before its turn came' },
  cancelled: { kind: 'server-error', message: 'the batch was cancelled before its turn came' },
};

/** Reads the rows of a finished batch, and stores each reply under its key. Rows may be in any order, and repeated. */
export async function collectBatch(
  file: RequestFile,
  batch: Batch,
  { target, client, store }: { target: BatchTarget; client: BatchClient; store: ReplyStore },
): Promise<Collected> {
  const { api, client: server } = target.connection;
  // Output first: a request with a reply and an error has a reply.
  const outputs = [batch.output_file_id, batch.error_file_id].filter((id) => id);
  const collected = await client.readLines(outputs as string[], async (lines) => {
    const open = new Map(file.keys);
    const failures: [string, CallFailure][] = [];
    let spent = { ...NOTHING_SPENT, calls: file.keys.size };
    let [replies, unknown, damaged] = [0, 0, 0];
    let fatal: RewardEditError | undefined;
    for await (const line of lines) {
      const row = parseRow(line);
      if (row === undefined) damaged += 1;
      else if (!file.keys.has(row.custom_id)) unknown += 1;
      const most = row && open.get(row.custom_id);
      if (row === undefined || most === undefined) continue;
      open.delete(row.custom_id);
      const outcome = attempt(() => readRow(row, api, server.baseURL));
      if (outcome instanceof RewardEditError) {
        fatal ??= outcome;
        continue;
      }
      let usage: Usage | undefined;
      if ('text' in outcome) {
        replies += 1;
        usage = outcome.usage;
        // A process that was killed while collecting has stored some.
        if ((await store.get(row.custom_id)) === undefined) await store.put(row.custom_id, outcome);
      } else {
        failures.push([row.custom_id, outcome]);
        if (outcome.kind !== 'broken-reply') continue;
      }
      const cost = spendingOf(0, usage ?? most, target.prices);
      spent = addSpending(spent, { ...cost, unreported: usage === undefined ? 1 : 0 });
    }
    const nothing = OVER[batch.status];
    for (const key of open.keys()) failures.push([key, nothing]);
    return { spent, failures, replies, unknown, damaged, fatal };
  });

  const { spent, replies, unknown, damaged } = collected;
  const rejected = collected.failures.filter(([, { kind }]) => kind === 'rejected');
  const takesNothing = replies === 0 && rejected.length >= REJECTIONS_THAT_END_A_RUN;
  // A rejection of all requests is not held against each of them.
  const failures = takesNothing
    ? collected.failures.filter(([, { kind }]) => kind !== 'rejected')
    : collected.failures;
  const fatal =
    collected.fatal ?? (takesNothing ? takesNone(rejected[0][1].message, server.baseURL) : undefined);
  const remains = [file.id, ...outputs].filter((id) => typeof id === 'string');
  return {
    note: {
      event: 'collected',
      file: file.name,
      status: batch.status,
      spent,
      failures: grouped(failures),
      remains,
    },
    replies,
    unknown,
    damaged,
    ...(fatal !== undefined && { fatal }),
  };
}

/** Returns the value of a function, or the RewardEditError that it throws. */
function attempt<Result>(work: () => Result): Result | RewardEditError {
  try {
    return work();
  } catch (error) {
    if (error instanceof RewardEditError) return error;
    throw error;
  }
}

/** Groups failures for the journal, with the keys of each. */
function grouped(
  failures: readonly (readonly [string, CallFailure])[],
): Extract<Note, { event: 'collected' }>['failures'] {
  const groups = new Map<string, { kind: CallFailure['kind']; message: string; keys: string[] }>();
  for (const [key, { kind, message }] of failures) {
    const name = `${kind} ${message}`;
    const group = groups.get(name) ?? { kind, message, keys: [] };
    group.keys.push(key);
    groups.set(name, group);
  }
  return [...groups.values()];
}
