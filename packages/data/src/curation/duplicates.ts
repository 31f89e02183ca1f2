import type { Triplet } from '@rewardedit/core';
import type { Dataset } from '../dataset/open-dataset.ts';
import { contentKey, createKeyNumbers, textKey } from '../hashes/index.ts';
import { pictureBytes } from './dataset-rows.ts';
import { differenceHash, hammingDistance, type DifferenceHash } from './difference-hash.ts';
import { createNearIndex } from './near-index.ts';

/** What counts as the same triplet: the same bytes and instruction, or pictures that look alike and the same instruction. */
export type Deduplication = {
  readonly how: 'exact' | 'near';
  /** Bits of 64 that near pictures may differ in. */ readonly distance: number;
};

/** What is remembered of a triplet. */
export type Traits =
  | { readonly content: Uint8Array }
  | { readonly instruction: number; readonly original: DifferenceHash; readonly edited: DifferenceHash };

export type DuplicateFinder = {
  /** Reads the pictures. Throws 'bad-input' where one cannot be read. */
  describe(triplet: Triplet): Promise<Traits>;
  /** Whether there was a duplicate before; remembers the triplet where not. */
  isDuplicate(traits: Traits): boolean;
};

/** Finds triplets that were there before. It remembers hashes: some 25 bytes a triplet for exact duplicates, some hundred for near ones. */
export function createDuplicateFinder(
  dataset: Pick<Dataset, 'resolve'>,
  { how, distance }: Deduplication,
): DuplicateFinder {
  const contents = createKeyNumbers();
  const originals = createNearIndex(distance);
  const edits: DifferenceHash[] = [];
  return {
    async describe({ original, edited, instruction }) {
      const [before, after] = await Promise.all([
        pictureBytes(dataset, original),
        pictureBytes(dataset, edited),
      ]);
      if (how === 'exact') return { content: contentKey(before, after, instruction) };
      const [originalHash, editedHash] = await Promise.all([differenceHash(before), differenceHash(after)]);
      return { instruction: labelOf(instruction), original: originalHash, edited: editedHash };
    },
    isDuplicate(traits) {
      if ('content' in traits) {
        const before = contents.size();
        return contents.add(traits.content) < before;
      }
      const { instruction, original, edited } = traits;
      const isNear = (number: number) => hammingDistance(edits[number], edited) <= distance;
      if (originals.near(original, instruction).some(isNear)) return true;
      originals.add(original, instruction);
      edits.push(edited);
      return false;
    },
  };
}

/** Capitals, spaces and marks at the end make no other instruction. */
function labelOf(instruction: string): number {
  const plain = instruction
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replace(/[\s.!]+$/, '')
    .trim();
  return Buffer.from(textKey(plain)).readUInt32LE();
}
