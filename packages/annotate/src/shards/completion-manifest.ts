import { findJsonFile } from '@rewardedit/core';
import { z } from 'zod';

const countSchema = z.int().nonnegative();

const fileSchema = z.object({ sha256: z.string().length(64), bytes: countSchema });

/** Says that a shard is complete, and what it consists of. Written last and atomically. */
export const completionSchema = z.object({
  format: z.literal('rewardedit-shard'),
  shard: countSchema,
  of: countSchema,
  /** The dataset's triplets in this shard: those with a full reward, and those set aside. */
  triplets: countSchema,
  judged: countSchema,
  quarantined: countSchema,
  judge: z.object({ name: z.string(), version: z.string() }),
  journal: fileSchema,
  /** The list of set-aside triplets, if there is one. */
  quarantine: fileSchema.exactOptional(),
  /** The metadata of the whole dataset, and how many triplets it has. */
  metadata: fileSchema.extend({ count: countSchema }),
  /** The version of the program. */
  version: z.string(),
  finished: z.iso.datetime(),
  /** The words of the command that judged the shard, without the shard: the other shards need the same. */
  command: z.array(z.string()).exactOptional(),
});

export type Completion = z.infer<typeof completionSchema>;

/** Reads a manifest; undefined if there is none. Throws `bad-input` if it is damaged. */
export async function readCompletion(path: string): Promise<Completion | undefined> {
  return findJsonFile(path, completionSchema, {
    what: 'the manifest of the shard',
    hint: 'remove it, and run the command of the shard again: existing answers are kept',
  });
}
