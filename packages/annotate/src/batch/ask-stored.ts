import type { Asked, Call } from '../language-model/calling/retrying-client.ts';
import { RETRIES, type CallFailure } from '../language-model/calling/failures.ts';
import type { NextTry } from '../language-model/calling/next-try.ts';
import type { ReplyStore } from '../language-model/store/reply-store.ts';
import type { SpendingTracker } from '../language-model/spending/spending-tracker.ts';
import { trackTries } from '../language-model/calling/tries.ts';

/** What is known of earlier tries in addition to the stored replies. */
export type TryHistory = {
  /** The failures of the requests with this key that brought no reply. */
  failures(key: string): readonly CallFailure[];
  /** Whether a request with this key was made in this run; unusable replies of earlier runs were counted there. */
  asked(key: string): boolean;
};

/** A batch may take a day, so transient failures are retried less often than in direct calls. */
const MOST_TRIES = 3;

/**
 * Applies the retry rules of direct calls to the stored replies: returns the usable reply, or why there will be none, or the next try with
 * the key of its reply.
 *
 * @param again ignores unusable replies of earlier runs.
 */
export async function askStored(
  call: Call,
  again: boolean,
  { store, history }: { readonly store: ReplyStore; readonly history: TryHistory },
): Promise<Asked | { readonly open: NextTry }> {
  const tries = trackTries(call, (kind) => Math.min(RETRIES[kind].most, MOST_TRIES));
  for (;;) {
    const next = tries.next();
    const { key } = next;
    for (const failure of history.failures(key)) {
      const { asked } = tries.take(failure, true);
      if (asked !== undefined) return asked;
    }
    const stored = await store.get(key);
    if (stored === undefined) return { open: next };
    const { asked } = tries.take(stored, !again || history.asked(key));
    if (asked !== undefined) return asked;
  }
}

/** Answers a call from what batches returned. */
export async function askBatches(
  call: Call,
  again: boolean,
  {
    tracker,
    ...stored
  }: { readonly store: ReplyStore; readonly history: TryHistory; readonly tracker: SpendingTracker },
): Promise<Asked> {
  const asked = await askStored(call, again, stored);
  if ('open' in asked) return { missing: 'no batch has returned a reply', replies: [], usages: [] };
  tracker.countStored();
  return asked;
}
