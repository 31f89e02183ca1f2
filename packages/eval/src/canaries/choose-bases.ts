import { createHash } from 'node:crypto';
import type { Triplet } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';

/** Triplets of each kind to keep as candidates, since some pictures may be unreadable. */
const KEPT_OF_EACH_KIND = 4;

/**
 * Chooses triplets to make canaries from, spread over the kinds, in the order in which to try them. The choice depends on the
 * contents of the dataset, not on its order: those with the smallest hashes, first one of every kind, then a second of every
 * kind.
 */
export async function chooseBases(dataset: Pick<Dataset, 'triplets'>): Promise<Triplet[]> {
  const byKind = new Map<string | undefined, { triplet: Triplet; hash: string }[]>();
  for await (const triplet of dataset.triplets()) {
    const hash = createHash('sha256')
      .update(JSON.stringify([triplet.id, triplet.instruction]))
      .digest('hex');
    const kept = byKind.get(triplet.kind) ?? [];
    kept.push({ triplet, hash });
    kept.sort((a, b) => compare(a.hash, b.hash));
    byKind.set(triplet.kind, kept.slice(0, KEPT_OF_EACH_KIND));
  }
  return [...byKind.values()]
    .flatMap((kept) => kept.map((each, round) => ({ ...each, round })))
    .sort((a, b) => a.round - b.round || compare(a.hash, b.hash))
    .map(({ triplet }) => triplet);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Returns an instruction that asks for something else: that of a triplet of another kind, or else any different one. */
export function otherInstruction(base: Triplet, candidates: readonly Triplet[]): string | undefined {
  const different = candidates.filter(({ instruction }) => instruction.trim() !== base.instruction.trim());
  const found = different.find(({ kind }) => kind !== base.kind) ?? different[0];
  return found?.instruction;
}
