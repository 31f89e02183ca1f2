import { readJsonLines } from '@rewardedit/core';
import { z } from 'zod';
import { companionPath } from '../files/companion-path.ts';

/** A triplet that was set aside: the reason, and the model's unusable replies, verbatim. */
export const quarantinedSchema = z.object({
  id: z.string().min(1),
  reason: z.string(),
  replies: z.array(z.string()).exactOptional(),
});

export type Quarantined = z.infer<typeof quarantinedSchema>;

/** Returns the path of the list of set-aside triplets that belongs to a journal: `quarantine.jsonl` beside `rewards.jsonl`. */
export function quarantinePath(journal: string): string {
  return companionPath(journal, 'quarantine');
}

/** Reads a list of set-aside triplets; a triplet that was set aside twice is yielded twice. Throws `bad-input` if a line is damaged. */
export async function* readQuarantine(path: string): AsyncGenerator<Quarantined> {
  for await (const { value } of readJsonLines(path, { schema: quarantinedSchema, tornLastLine: 'ignore' }))
    yield value;
}
