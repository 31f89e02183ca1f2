import type { Asked, Call } from '../language-model/calling/retrying-client.ts';
import { readReply, saidIn } from '../language-model/calling/read-reply.ts';
import type { Usage } from '../language-model/api/chat.ts';
import type { ReplyStore } from '../language-model/store/reply-store.ts';
import type { SpendingTracker } from '../language-model/spending/spending-tracker.ts';

/** Answers from the store alone: the first reply that can be used, exactly as it came then. */
export async function replay(call: Call, store: ReplyStore, tracker: SpendingTracker): Promise<Asked> {
  const replies: string[] = [];
  const usages: (Usage | undefined)[] = [];
  for (let attempt = 0; ; attempt++) {
    const reply = await store.get(call.key(attempt));
    if (reply === undefined) {
      const missing = replies.length === 0 ? 'no stored reply' : 'no stored reply that can be used';
      return { missing, replies, usages };
    }
    tracker.countStored();
    usages.push(reply.usage);
    const reading = readReply(call, reply);
    if (!('kind' in reading)) return { reply, reading, usages };
    replies.push(saidIn(reply));
  }
}
