/** Bytes of a key: among a million random keys, the chance that two are equal is below 1e-16. */
export const KEY_BYTES = 12;

const WORDS = KEY_BYTES / 4;
/** Keys per chunk of memory, so that growing copies no keys. */
const PIECE = 65_536;
const FIRST_SLOTS = 1024;

/** Numbers keys 0, 1, 2, ... in order of their first occurrence. */
export type KeyNumbers = {
  /** Returns the number of a key, adding the key if it is new. */
  add(key: Uint8Array): number;
  /** Returns the number of a key that was added. */
  find(key: Uint8Array): number | undefined;
  /** Returns the key with this number. */
  key(number: number): Uint8Array;
  readonly size: () => number;
};

/**
 * A hash table of 12-byte keys that are hashes themselves. It takes 20 to 30 bytes per key, a Map of texts 100 and more: memory per row
 * limits how large a dataset can be.
 */
export function createKeyNumbers(): KeyNumbers {
  const pieces: Uint32Array[] = [];
  let size = 0;
  /** Open addressing: the number of a key + 1, at the first free slot after the one for the key's first word; 0 is free. */
  let slots = new Int32Array(FIRST_SLOTS);

  const isAt = (number: number, a: number, b: number, c: number): boolean => {
    const piece = pieces[Math.floor(number / PIECE)];
    const at = (number % PIECE) * WORDS;
    return piece[at] === a && piece[at + 1] === b && piece[at + 2] === c;
  };
  const slotOf = (a: number, b: number, c: number): number => {
    const mask = slots.length - 1;
    let slot = a & mask;
    while (slots[slot] !== 0 && !isAt(slots[slot] - 1, a, b, c)) slot = (slot + 1) & mask;
    return slot;
  };
  const grow = () => {
    slots = new Int32Array(slots.length * 2);
    for (let number = 0; number < size; number++) {
      const piece = pieces[Math.floor(number / PIECE)];
      const at = (number % PIECE) * WORDS;
      slots[slotOf(piece[at], piece[at + 1], piece[at + 2])] = number + 1;
    }
  };

  return {
    add(key) {
      const [a, b, c] = wordsOf(key);
      let slot = slotOf(a, b, c);
      if (slots[slot] !== 0) return slots[slot] - 1;
      if (size * 2 >= slots.length) {
        grow();
        slot = slotOf(a, b, c);
      }
      if (size % PIECE === 0) pieces.push(new Uint32Array(PIECE * WORDS));
      pieces[pieces.length - 1].set([a, b, c], (size % PIECE) * WORDS);
      size += 1;
      slots[slot] = size;
      return size - 1;
    },
    find(key) {
      const [a, b, c] = wordsOf(key);
      const found = slots[slotOf(a, b, c)];
      return found === 0 ? undefined : found - 1;
    },
    key(number) {
      const piece = pieces[Math.floor(number / PIECE)];
      const at = (number % PIECE) * WORDS;
      return new Uint8Array(piece.slice(at, at + WORDS).buffer);
    },
    size: () => size,
  };
}

function wordsOf(key: Uint8Array): readonly [number, number, number] {
  const word = (at: number) => key[at] | (key[at + 1] << 8) | (key[at + 2] << 16) | (key[at + 3] << 24);
  return [word(0) >>> 0, word(4) >>> 0, word(8) >>> 0];
}
