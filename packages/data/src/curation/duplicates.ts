import type { Triplet } from '@rewardedit/core';
import type { Dataset } from '../dataset/open-dataset.ts';
import { contentHash, pictureBytes } from './dataset-rows.ts';
import { differenceHash, hammingDistance, type DifferenceHash } from './difference-hash.ts';
import { createNearIndex } from './near-index.ts';

/** What counts as the same triplet: the same bytes and instruction, or pictures that look alike and the same instruction. */
export type Deduplication = {
  readonly how: 'exact' | 'near';
  /** Bits of 64 that near pictures may differ in. */ readonly distance: number;
};

/** What is remembered of a triplet. */
export type Traits =
  | { readonly content: string }
  | { readonly instruction: number; readonly original: DifferenceHash; readonly edited: DifferenceHash };

export type DuplicateFinder = {
  /** Reads the pictures. Throws 'bad-input' where one cannot be read. */
  describe(triplet: Triplet): Promise<Traits>;
  /** Whether there was a duplicate before; remembers the triplet where not. */
  isDuplicate(traits: Traits): boolean;
};

/** Finds triplets that were there before. It remembers hashes, about 100 to 500 bytes a triplet. */
export function createDuplicateFinder(
  dataset: Pick<Dataset, 'resolve'>,
  { how, distance }: Deduplication,
): DuplicateFinder {
  const contents = new Set<string>();
  const originals = createNearIndex(distance);
  const edits: DifferenceHash[] = [];
  return {
    async describe({ original, edited, instruction }) {
      const [before, after] = await Promise.all([
        pictureBytes(dataset, original),
        pictureBytes(dataset, edited),
      ]);
      if (how === 'exact') return { content: contentHash(before, after, instruction) };
      const [originalHash, editedHash] = await Promise.all([differenceHash(before), differenceHash(after)]);
      return { instruction: labelOf(instruction), original: originalHash, edited: editedHash };
    },
    isDuplicate(traits) {
      if ('content' in traits) {
        if (contents.has(traits.content)) return true;
        contents.add(traits.content);
        return false;
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
  return Buffer.from(contentHash(plain), 'base64').readUInt32LE();
}
