import type { DifferenceHash } from './difference-hash.ts';
import { createNearIndex } from './near-index.ts';

/** The pictures of a triplet, by hashes of their bytes; and how the original looks, where that counts. */
export type PictureTraits = {
  readonly original: string;
  readonly edited: string;
  readonly looks?: DifferenceHash;
};

/** Which source pictures belong together. */
export type PictureGroups = {
  add(traits: PictureTraits): void;
  /** Ends the adding; the function gives the picture that stands for the group of an original. */
  close(): (original: string) => string;
  sizes(): { readonly groups: number; readonly largestGroup: number };
};

/**
 * Groups source pictures: an original and an edit of it belong together where that edit is the original of another triplet (as in
 * MagicBrush's turns), and with `near` originals whose difference hashes differ in at most so many bits. Remembers a few hashes
 * a picture.
 */
export function createPictureGroups(near: number | undefined): PictureGroups {
  const parents = new Map<string, string>();
  /** Edits by their originals; whether an edit is an original, too, is known at the end only. */
  const edits = new Map<string, string>();
  const sharedEdits: [edited: string, original: string][] = [];
  const index = near === undefined ? undefined : createNearIndex(near);
  const byLooks = new Map<string, string>();
  const numbered: string[] = [];

  const rootOf = (picture: string): string => {
    let root = picture;
    for (let parent = parents.get(root); parent !== undefined && parent !== root; parent = parents.get(root))
      root = parent;
    for (let at = picture; at !== root;) {
      const next = parents.get(at)!;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  const join = (a: string, b: string) => {
    const [rootA, rootB] = [rootOf(a), rootOf(b)];
    if (rootA !== rootB) parents.set(rootA, rootB);
  };
  const joinAlike = (original: string, looks: DifferenceHash) => {
    const key = `${looks.high},${looks.low}`;
    const same = byLooks.get(key);
    if (same !== undefined) return join(original, same);
    byLooks.set(key, original);
    for (const number of index!.near(looks, 0)) join(original, numbered[number]);
    index!.add(looks, 0);
    numbered.push(original);
  };
  return {
    add({ original, edited, looks }) {
      const isNew = !parents.has(original);
      if (isNew) parents.set(original, original);
      if (edits.has(edited)) sharedEdits.push([edited, original]);
      else edits.set(edited, original);
      if (isNew && looks !== undefined) joinAlike(original, looks);
    },
    close() {
      const later = new Set<string>();
      for (const [edited, original] of [...edits, ...sharedEdits]) {
        // An edit that left the picture as it was does not make it another's.
        if (edited === original || !parents.has(edited)) continue;
        join(edited, original);
        later.add(edited);
      }
      return representatives(later);
    },
    sizes() {
      const counts = new Map<string, number>();
      let largestGroup = 0;
      for (const picture of parents.keys()) {
        const root = rootOf(picture);
        const size = (counts.get(root) ?? 0) + 1;
        counts.set(root, size);
        largestGroup = Math.max(largestGroup, size);
      }
      return { groups: counts.size, largestGroup };
    },
  };

  /** A group is called after its first source picture, which is no edit of another, so that a new edit of it changes nothing. */
  function representatives(later: ReadonlySet<string>): (original: string) => string {
    const names = new Map<string, string>();
    const candidates = [...parents.keys()].sort();
    for (const first of [true, false]) {
      for (const picture of candidates) {
        const root = rootOf(picture);
        if ((!first || !later.has(picture)) && !names.has(root)) names.set(root, picture);
      }
    }
    return (original) => names.get(rootOf(original))!;
  }
}
