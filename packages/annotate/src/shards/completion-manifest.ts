import { findJsonFile } from '@rewardedit/core';
import { z } from 'zod';

const countSchema = z.int().nonnegative();

const fileSchema = z.object({ sha256: z.string().length(64), bytes: countSchema });

/** Says that a shard is complete, and what it is made of: written last, whole or not at all. */
export const completionSchema = z.object({
  format: z.literal('rewardedit-shard'),
  shard: countSchema,
  of: countSchema,
  /** Triplets of the dataset that belong to the shard: those with a full reward, and those set aside. */
  triplets: countSchema,
  judged: countSchema,
  quarantined: countSchema,
  judge: z.object({ name: z.string(), version: z.string() }),
  journal: fileSchema,
  /** The list of those set aside, where there is one. */
  quarantine: fileSchema.exactOptional(),
  /** The metadata of the whole dataset, and how many triplets it has. */
  metadata: fileSchema.extend({ count: countSchema }),
  /** The version of the program. */
  version: z.string(),
  finished: z.iso.datetime(),
  /** The words of the command that did the shard, without the shard: what its fellows are to be run with. */
  command: z.array(z.string()).exactOptional(),
});

export type Completion = z.infer<typeof completionSchema>;

/** What a manifest says, or undefined where there is none. Throws 'bad-input' where it is damaged. */
export async function readCompletion(path: string): Promise<Completion | undefined> {
  return findJsonFile(path, completionSchema, {
    what: 'the manifest of the shard',
    hint: 'remove it, and run the command of the shard again: answers that are there are kept',
  });
}
