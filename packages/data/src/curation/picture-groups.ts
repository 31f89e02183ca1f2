import { createGrowingIntegers, createKeyNumbers } from '../hashes/index.ts';
import type { DifferenceHash } from './difference-hash.ts';
import { createNearIndex } from './near-index.ts';

/** The pictures of a triplet, by keys of their bytes; and how the original looks, where that counts. */
export type PictureTraits = {
  readonly original: Uint8Array;
  readonly edited: Uint8Array;
  readonly looks?: DifferenceHash;
};

/** Which source pictures belong together. */
export type PictureGroups = {
  /** Gives the number of the source picture: 0, 1, 2, ... in the order in which they come. */
  add(traits: PictureTraits): number;
  /** Ends the adding; the function gives the key of the picture that stands for the group of a source picture. */
  close(): (original: number) => Uint8Array;
  sizes(): { readonly groups: number; readonly largestGroup: number };
};

/**
 * Groups source pictures: an original and an edit of it belong together where that edit is the original of another triplet (as in
 * MagicBrush's turns), and with `near` originals whose difference hashes differ in at most so many bits. Remembers some 60 bytes
 * a picture, and with `near` some hundred more.
 */
export function createPictureGroups(near: number | undefined): PictureGroups {
  const originals = createKeyNumbers();
  const parents = createGrowingIntegers();
  /** Edits, and a source picture of each; whether an edit is itself an original is known at the end only. */
  const edits = createKeyNumbers();
  const firstOriginals = createGrowingIntegers();
  /** Further source pictures of edits: those at even places are edits, each with one behind it. */
  const shared = createGrowingIntegers();
  const index = near === undefined ? undefined : createNearIndex(near);
  const byLooks = new Map<string, number>();
  const numbered: number[] = [];

  const rootOf = (picture: number): number => {
    let root = picture;
    while (parents.get(root) !== root) root = parents.get(root);
    for (let at = picture; at !== root;) {
      const next = parents.get(at);
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  const join = (a: number, b: number) => {
    const [rootA, rootB] = [rootOf(a), rootOf(b)];
    if (rootA !== rootB) parents.set(rootA, rootB);
  };
  const joinAlike = (original: number, looks: DifferenceHash) => {
    const key = `${looks.high},${looks.low}`;
    const same = byLooks.get(key);
    if (same !== undefined) return join(original, same);
    byLooks.set(key, original);
    for (const number of index!.near(looks, 0)) join(original, numbered[number]);
    index!.add(looks, 0);
    numbered.push(original);
  };
  return {
    add({ original: key, edited, looks }) {
      const original = originals.add(key);
      const isNew = original === parents.length();
      if (isNew) parents.push(original);
      const edit = edits.add(edited);
      if (edit === firstOriginals.length()) firstOriginals.push(original);
      else if (firstOriginals.get(edit) !== original) {
        shared.push(edit);
        shared.push(original);
      }
      if (isNew && looks !== undefined) joinAlike(original, looks);
      return original;
    },
    close() {
      const later = new Uint8Array(originals.size());
      const joinEdit = (edit: number, original: number) => {
        const asOriginal = originals.find(edits.key(edit));
        // An edit that left the picture as it was does not make it another's.
        if (asOriginal === undefined || asOriginal === original) return;
        join(asOriginal, original);
        later[asOriginal] = 1;
      };
      for (let edit = 0; edit < edits.size(); edit++) joinEdit(edit, firstOriginals.get(edit));
      for (let i = 0; i < shared.length(); i += 2) joinEdit(shared.get(i), shared.get(i + 1));
      return representatives(later);
    },
    sizes() {
      const counts = new Int32Array(originals.size());
      let [groups, largestGroup] = [0, 0];
      for (let picture = 0; picture < counts.length; picture++) {
        const root = rootOf(picture);
        counts[root] += 1;
        if (counts[root] === 1) groups += 1;
        largestGroup = Math.max(largestGroup, counts[root]);
      }
      return { groups, largestGroup };
    },
  };

  /**
   * A group is called after its first source picture by the keys' order, of those that are no edits of others, so that a new edit of it
   * changes nothing.
   */
  function representatives(later: Uint8Array): (original: number) => Uint8Array {
    const names = new Int32Array(later.length).fill(-1);
    const text = (picture: number) => Buffer.from(originals.key(picture)).toString('base64');
    const comesFirst = (picture: number, other: number) =>
      later[picture] === later[other] ? text(picture) < text(other) : later[picture] < later[other];
    for (let picture = 0; picture < names.length; picture++) {
      const root = rootOf(picture);
      if (names[root] < 0 || comesFirst(picture, names[root])) names[root] = picture;
    }
    return (original) => originals.key(names[rootOf(original)]);
  }
}
