import { createGrowingIntegers, createKeyNumbers } from '../hashes/index.ts';
import type { DifferenceHash } from './difference-hash.ts';
import { createNearIndex } from './near-index.ts';

/** Keys of the bytes of a triplet's pictures, and a hash of how the original looks, if needed. */
export type PictureTraits = {
  readonly original: Uint8Array;
  readonly edited: Uint8Array;
  readonly looks?: DifferenceHash;
};

/** Groups of source pictures that belong together. */
export type PictureGroups = {
  /** Adds a triplet and returns the number of its source picture: 0, 1, 2, ... by first occurrence. */
  add(traits: PictureTraits): number;
  /** Ends adding. Returns a function from a source picture to the key of the picture that represents its group. */
  close(): (original: number) => Uint8Array;
  sizes(): { readonly groups: number; readonly largestGroup: number };
};

/**
 * Groups source pictures: an original belongs together with an edit of it that is the original of another triplet (as in MagicBrush's turns),
 * and, with `near`, originals belong together whose difference hashes differ in at most `near` bits. Takes some 60 bytes per picture, and with
 * `near` some hundred more.
 */
export function createPictureGroups(near: number | undefined): PictureGroups {
  const originals = createKeyNumbers();
  const parents = createGrowingIntegers();
  /** Edits, and a source picture of each. Whether an edit is also an original is only known at the end. */
  const edits = createKeyNumbers();
  const firstOriginals = createGrowingIntegers();
  /** Further source pictures of edits, as pairs: edit, source picture. */
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
        // An edit that changed nothing joins nothing.
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

  /** A group is represented by its source picture with the lowest key among those that are not edits, so that a new edit changes nothing. */
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
