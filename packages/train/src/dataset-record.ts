import { createHash } from 'node:crypto';
import { z } from 'zod';

const hashSchema = z.string();

/** What a picture's file holds: its size, and its hash where it is known. */
const pictureSchema = z.tuple([z.int().nonnegative()]).or(z.tuple([z.int().nonnegative(), hashSchema]));

export type PictureRecord = z.infer<typeof pictureSchema>;

/** What a run knows of a triplet that it learns from, so that it is noticed when that has changed. */
export const tripletRecordSchema = z.object({
  id: z.string(),
  instruction: hashSchema,
  /** Absent where it has none, and in a stage 1, which is given none. */
  reward: hashSchema.optional(),
  flippable: z.literal(true).optional(),
  original: pictureSchema,
  edited: pictureSchema,
});

export type TripletRecord = z.infer<typeof tripletRecordSchema>;

/** A short hash: one of these changes among millions of triplets, not against someone who wants to deceive himself. */
export function shortHash(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** The lines of a record, in the order of the dataset. */
export function* recordLines(record: readonly TripletRecord[]): Generator<Uint8Array> {
  for (const row of record) yield Buffer.from(`${JSON.stringify(row)}\n`);
}

/** One hash over all of it. */
export function datasetDigest(record: readonly TripletRecord[]): string {
  const hash = createHash('sha256');
  for (const line of recordLines(record)) hash.update(line);
  return hash.digest('hex');
}

/** How many ids a message lists of each kind. */
const LISTED = 3;

/**
 * What is different in a dataset, in words: which ids, how many, and what about them. Empty where nothing is. A picture whose hash is
 * known on one side only is compared by its size.
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
      ['may or may not be flipped, other than before', 'may or may not be flipped, other than before'],
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
