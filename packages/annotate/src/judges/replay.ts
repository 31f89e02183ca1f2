import type { Asked, Call } from '../language-model/calling/retrying-client.ts';
import { trackTries } from '../language-model/calling/tries.ts';
import type { ReplyStore } from '../language-model/store/reply-store.ts';
import type { SpendingTracker } from '../language-model/spending/spending-tracker.ts';

/** Answers from the store alone: with the first usable reply, however many unusable ones precede it. */
export async function replay(call: Call, store: ReplyStore, tracker: SpendingTracker): Promise<Asked> {
  const tries = trackTries(call, () => Number.POSITIVE_INFINITY);
  let end: Asked = { missing: 'no stored reply', replies: [], usages: [] };
  for (;;) {
    const reply = await store.get(tries.next().key);
    if (reply === undefined) return end;
    tracker.countStored();
    const tried = tries.take(reply, false);
    if (tried.failure === undefined) return tried.asked;
    end = { ...tried.givenUp, missing: 'no stored reply that can be used' };
  }
}
