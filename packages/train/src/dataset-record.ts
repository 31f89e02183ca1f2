import { createHash } from 'node:crypto';
import { z } from 'zod';

const hashSchema = z.string();

/** Size of a picture file in bytes, and its hash if known. */
const pictureSchema = z.tuple([z.int().nonnegative()]).or(z.tuple([z.int().nonnegative(), hashSchema]));

export type PictureRecord = z.infer<typeof pictureSchema>;

/** What a run records of a triplet, to detect changes. */
export const tripletRecordSchema = z.object({
  id: z.string(),
  instruction: hashSchema,
  /** Absent without a reward, and in stage 1, which does not use rewards. */
  reward: hashSchema.optional(),
  flippable: z.literal(true).optional(),
  original: pictureSchema,
  edited: pictureSchema,
});

export type TripletRecord = z.infer<typeof tripletRecordSchema>;

/** Returns a short hash: it detects accidental changes among millions of triplets, not deliberate collisions. */
export function shortHash(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** Returns the lines of a record, in the order of the dataset. */
export function* recordLines(record: readonly TripletRecord[]): Generator<Uint8Array> {
  for (const row of record) yield Buffer.from(`${JSON.stringify(row)}\n`);
}

/** Number of ids of each kind listed in a message. */
const LISTED = 3;

/**
 * Describes the differences between two records: which triplets, how many, and what changed. Empty if nothing did. A picture whose hash is known
 * in only one of them is compared by size.
 */
export function datasetChanges(before: readonly TripletRecord[], now: readonly TripletRecord[]): string[] {
  const earlier = new Map(before.map((row) => [row.id, row]));
  const present = new Map(now.map((row) => [row.id, row]));
  const common = now.filter(({ id }) => earlier.has(id));
  const changedIn = (isAlike: (a: TripletRecord, b: TripletRecord) => boolean) =>
    common.filter((row) => !isAlike(earlier.get(row.id)!, row));
  const picturesAlike = (a: TripletRecord, b: TripletRecord) =>
    isSamePicture(a.original, b.original) && isSamePicture(a.edited, b.edited);
  const changes = [
    counted(
      now.filter(({ id }) => !earlier.has(id)),
      ['is new', 'are new'],
    ),
    counted(
      before.filter(({ id }) => !present.has(id)),
      ['is gone', 'are gone'],
    ),
    counted(
      changedIn((a, b) => a.instruction === b.instruction),
      ['has another instruction', 'have other instructions'],
    ),
    counted(
      changedIn((a, b) => a.reward === b.reward),
      ['has another reward', 'have other rewards'],
    ),
    counted(changedIn(picturesAlike), ['has other pictures', 'have other pictures']),
    counted(
      changedIn((a, b) => a.flippable === b.flippable),
      ['changed whether it may be flipped', 'changed whether they may be flipped'],
    ),
  ].flat();
  const isReordered = before.length === now.length && before.some(({ id }, i) => id !== now[i].id);
  if (changes.length === 0 && isReordered) return ['the triplets are in another order'];
  return changes;
}

function isSamePicture([bytes, hash]: PictureRecord, [otherBytes, otherHash]: PictureRecord): boolean {
  return bytes === otherBytes && (hash === undefined || otherHash === undefined || hash === otherHash);
}

function counted(rows: readonly TripletRecord[], [one, several]: readonly [string, string]): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, LISTED).map(({ id }) => id);
  const ids = rows.length > LISTED ? [...shown, '...'] : shown;
  const what = rows.length === 1 ? `1 triplet ${one}` : `${rows.length} triplets ${several}`;
  return [`${what} (${ids.join(', ')})`];
}
