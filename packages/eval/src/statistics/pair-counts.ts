import { toCodes } from './codes.ts';

/** How two sides order the pairs of items. Every unordered pair is counted once. */
export type PairCounts = {
  readonly pairs: number;
  /** Pairs that both sides order the same way. */
  readonly concordant: number;
  /** Pairs that both sides order in opposite ways. */
  readonly discordant: number;
  /** Pairs with equal values on x, on y, on both. */
  readonly tiedX: number;
  readonly tiedY: number;
  readonly tiedBoth: number;
};

/** Counts the pairs of items in O(n log n). */
export function countPairs(x: Float64Array, y: Float64Array): PairCounts {
  const { codes: codesX, distinct } = toCodes(x);
  const { codes: codesY, distinct: distinctY } = toCodes(y);
  const parts = partition(codesX, distinct.length);
  const seen = createTally(distinctY.length);
  const seenY = new Float64Array(distinctY.length);
  const counts = { concordant: 0, discordant: 0, tiedX: 0, tiedY: 0, tiedBoth: 0 };
  let before = 0;
  // In ascending order of x: items seen before have a lower x.
  for (const part of parts) {
    for (const i of part) {
      const below = seen.below(codesY[i]);
      const equal = seenY[codesY[i]];
      counts.concordant += below;
      counts.discordant += before - below - equal;
      counts.tiedY += equal;
    }
    for (const i of part) {
      seen.add(codesY[i]);
      seenY[codesY[i]] += 1;
    }
    before += part.length;
    counts.tiedX += pairsOf(part.length);
    counts.tiedBoth += tiedWithin(part, codesY);
  }
  return { pairs: pairsOf(x.length), ...counts, tiedY: counts.tiedY + counts.tiedBoth };
}

/** The positions of each number 0 to `count - 1`, in order. */
export function partition(codes: Int32Array, count: number): Int32Array[] {
  const ends = new Int32Array(count + 1);
  for (const code of codes) ends[code + 1] += 1;
  for (let code = 0; code < count; code++) ends[code + 1] += ends[code];
  const order = new Int32Array(codes.length);
  const next = ends.slice();
  for (let i = 0; i < codes.length; i++) order[next[codes[i]]++] = i;
  return Array.from({ length: count }, (_, code) => order.subarray(ends[code], ends[code + 1]));
}

function pairsOf(count: number): number {
  return (count * count - count) / 2;
}

function tiedWithin(part: Int32Array, codes: Int32Array): number {
  const own = part.map((i) => codes[i]).sort();
  let tied = 0;
  let run = 0;
  for (let i = 1; i < own.length; i++) {
    run = own[i] === own[i - 1] ? run + 1 : 0;
    tied += run;
  }
  return tied;
}

/** A Fenwick tree: counts numbers 0 to `size - 1`, and returns how many were below one of them, both in O(log size). */
function createTally(size: number) {
  const sums = new Float64Array(size + 1);
  return {
    add(code: number): void {
      for (let i = code + 1; i <= size; i += i & -i) sums[i] += 1;
    },
    below(code: number): number {
      let sum = 0;
      for (let i = code; i > 0; i -= i & -i) sum += sums[i];
      return sum;
    },
  };
}
