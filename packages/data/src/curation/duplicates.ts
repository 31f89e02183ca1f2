import { contentKey } from '../hashes/content-key.ts';
import { createKeyNumbers, textKey } from '../hashes/index.ts';
import { differenceHash, hammingDistance, type DifferenceHash } from './difference-hash.ts';
import { createNearIndex } from './near-index.ts';

/** What counts as a duplicate: the same bytes and instruction (`exact`), or similar pictures and the same instruction (`near`). */
export type Deduplication = {
  readonly how: 'exact' | 'near';
  /** Limit on the differing bits, of 64, of near pictures. */
  readonly distance: number;
};

/** What is stored of a triplet. */
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
  /** Hashes a triplet. Throws 'bad-input' if a picture cannot be decoded, which only near duplicates require. */
  describe(triplet: DescribedTriplet): Promise<Traits>;
  /** Returns the number of the earlier triplet that this one repeats; without one, stores this one. Stored triplets are numbered from 0. */
  earlier(traits: Traits): number | undefined;
};

/** Finds triplets that repeat earlier ones. Stores hashes: some 25 bytes per triplet for exact duplicates, some hundred for near ones. */
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

/** Hashes an instruction, ignoring case, spaces, and full stops and exclamation marks at the end. */
function labelOf(instruction: string): number {
  const plain = instruction
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replace(/[\s.!]+$/, '')
    .trim();
  return Buffer.from(textKey(plain)).readUInt32LE();
}
