import { hammingDistance, type DifferenceHash } from './difference-hash.ts';

/** A set of hashes that finds those near a given one. */
export type NearIndex = {
  /** Returns the numbers of the hashes with this label that differ in at most `distance` bits, latest first. */
  near(hash: DifferenceHash, label: number): number[];
  /** Adds a hash and returns its number: 0, 1, 2, ... */
  add(hash: DifferenceHash, label: number): number;
};

const BITS = 64;

/**
 * Creates an index over difference hashes. The 64 bits are cut into `distance + 1` bands: two hashes that differ in at most `distance` bits are
 * equal in at least one band, so only hashes that share a band are compared, and none is missed.
 *
 * Each hash has a label (a 32-bit number, such as a hash of the instruction) and is near only to hashes with the same label.
 */
export function createNearIndex(distance: number): NearIndex {
  const bands = distance + 1;
  const edges = Array.from({ length: bands + 1 }, (_, band) => Math.floor((band * BITS) / bands));
  const buckets = Array.from({ length: bands }, () => new Map<string, number[]>());
  const hashes: DifferenceHash[] = [];
  const keys = (hash: DifferenceHash, label: number) =>
    buckets.map((_, band) => `${label},${bitsOf(hash, edges[band], edges[band + 1])}`);
  return {
    near(hash, label) {
      const found = new Set<number>();
      for (const [band, key] of keys(hash, label).entries()) {
        for (const candidate of buckets[band].get(key) ?? []) {
          if (hammingDistance(hashes[candidate], hash) <= distance) found.add(candidate);
        }
      }
      return [...found].sort((a, b) => b - a);
    },
    add(hash, label) {
      const number = hashes.push(hash) - 1;
      for (const [band, key] of keys(hash, label).entries()) {
        const bucket = buckets[band].get(key);
        if (bucket === undefined) buckets[band].set(key, [number]);
        else bucket.push(number);
      }
      return number;
    },
  };
}

/** Returns the bits from `start` to before `end`, counted from the highest, as text. */
function bitsOf({ high, low }: DifferenceHash, start: number, end: number): string {
  const half = (bits: number, from: number, to: number) =>
    to <= from ? 0 : ((bits << from) >>> 0) >>> (32 - (to - from));
  const first = half(high, Math.min(start, 32), Math.min(end, 32));
  const second = half(low, Math.max(start - 32, 0), Math.max(end - 32, 0));
  return `${first}.${second}`;
}
