import { readJsonLines } from '@rewardedit/core';
import { z } from 'zod';
import { companionPath } from '../files/companion-path.ts';

/** One triplet that was set aside: why, and word for word what a model said that could not be used. */
export const quarantinedSchema = z.object({
  id: z.string().min(1),
  reason: z.string(),
  replies: z.array(z.string()).exactOptional(),
});

export type Quarantined = z.infer<typeof quarantinedSchema>;

/** The list of triplets set aside that belongs to a journal of answers: `quarantine.jsonl` beside `rewards.jsonl`. */
export function quarantinePath(journal: string): string {
  return companionPath(journal, 'quarantine');
}

/** Reads a list of triplets set aside; a triplet that was set aside twice comes twice. Throws 'bad-input' at a damaged line. */
export async function* readQuarantine(path: string): AsyncGenerator<Quarantined> {
  for await (const { value } of readJsonLines(path, { schema: quarantinedSchema, tornLastLine: 'ignore' }))
    yield value;
}
