import { contentKey } from '../hashes/content-key.ts';
import { createKeyNumbers, textKey } from '../hashes/index.ts';
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

/** A triplet with the bytes of its pictures. */
export type DescribedTriplet = {
  readonly original: Uint8Array;
  readonly edited: Uint8Array;
  readonly instruction: string;
};

export type DuplicateFinder = {
  /** Throws 'bad-input' where near duplicates are looked for, and a picture cannot be decoded. */
  describe(triplet: DescribedTriplet): Promise<Traits>;
  /**
   * The number of the earlier triplet that this one repeats, where those that repeat none are counted from 0. Where there is none, the triplet is
   * remembered.
   */
  earlier(traits: Traits): number | undefined;
};

/** Finds triplets that were there before. It remembers hashes: some 25 bytes a triplet for exact duplicates, some hundred for near ones. */
export function createDuplicateFinder({ how, distance }: Deduplication): DuplicateFinder {
  const contents = createKeyNumbers();
  const originals = createNearIndex(distance);
  const edits: DifferenceHash[] = [];
  return {
    async describe({ original, edited, instruction }) {
      if (how === 'exact') return { content: contentKey(original, edited, instruction) };
      const [originalHash, editedHash] = await Promise.all([
        differenceHash(original),
        differenceHash(edited),
      ]);
      return { instruction: labelOf(instruction), original: originalHash, edited: editedHash };
    },
    earlier(traits) {
      if ('content' in traits) {
        const before = contents.size();
        const number = contents.add(traits.content);
        return number < before ? number : undefined;
      }
      const { instruction, original, edited } = traits;
      const isNear = (number: number) => hammingDistance(edits[number], edited) <= distance;
      const near = originals.near(original, instruction).find(isNear);
      if (near !== undefined) return near;
      originals.add(original, instruction);
      edits.push(edited);
      return undefined;
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
