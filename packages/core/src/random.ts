import { createHash } from 'node:crypto';
import { z } from 'zod';
import { philox4x32 } from './philox.ts';

const wordSchema = z.int().min(0).max(0xffffffff);

export const randomStateSchema = z.object({
  key: z.tuple([wordSchema, wordSchema]),
  /** 32-bit words drawn so far. */
  position: z.int().nonnegative(),
  /** The second of a pair of normal numbers, if only the first has been drawn. */
  spare: z.number().nullable(),
});

/** The state of a random stream; small, and unchanged by a round trip through JSON. */
export type RandomState = z.infer<typeof randomStateSchema>;

/** A random stream. */
export type Random = {
  /** 0 to 2^32 - 1. */
  uint32(): number;
  /** In [0, 1), a multiple of 2^-53. */
  uniform(): number;
  /** A whole number from 0 to `count - 1`, uniformly; `count` is 1 to 2^32. */
  integer(count: number): number;
  /** Standard normal (Box-Muller transform in double precision). */
  normal(): number;
  /** Fills an array with standard normal numbers. */
  fillNormal(values: Float32Array): void;
  /** Fills an array with uniform numbers between `low` and `high`, in steps of 2^-24 of that range. */
  fillUniform(values: Float32Array, low: number, high: number): void;
  /** Returns a random item. Throws RangeError if there are none. */
  pick<T>(items: readonly T[]): T;
  /** Shuffles an array in place, and returns it. */
  shuffle<T>(items: T[]): T[];
  /** Returns the numbers 0 to `count - 1` in random order. */
  permutation(count: number): number[];
  state(): RandomState;
  /** Restores a state. */
  restore(state: RandomState): void;
};

/**
 * Creates the random stream addressed by a seed and the parts of a name: `createRandom(seed, 'order', epoch)`. The same address gives the same
 * numbers on every machine; different addresses give independent streams (the address's SHA-256 is the key of a Philox4x32-10). Throws
 * RangeError if the seed or a number is not a safe integer.
 */
export function createRandom(seed: number | bigint, ...stream: readonly (number | string)[]): Random {
  let key = streamKey(seed, stream);
  let position = 0;
  let spare: number | null = null;
  const counter = new Uint32Array(4);
  const block = new Uint32Array(4);

  const fillBlock = () => {
    const index = Math.floor(position / 4);
    counter[0] = index;
    counter[1] = index / 0x1_0000_0000;
    philox4x32(counter, key, block);
  };
  const uint32 = () => {
    const word = position % 4;
    if (word === 0) fillBlock();
    position += 1;
    return block[word];
  };
  const uniform = () => {
    const high = uint32() >>> 5;
    const low = uint32() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  };
  const integer = (count: number) => {
    if (!Number.isInteger(count) || count < 1 || count > 0x1_0000_0000) {
      throw new RangeError(`a random integer below ${count}: the bound must be a whole number, 1 to 2^32`);
    }
    const end = 0x1_0000_0000 - (0x1_0000_0000 % count);
    let word: number;
    do {
      word = uint32();
    } while (word >= end);
    return word % count;
  };
  const normal = () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const shuffle = <T>(items: T[]): T[] => {
    for (let last = items.length - 1; last > 0; last--) {
      const chosen = integer(last + 1);
      [items[last], items[chosen]] = [items[chosen], items[last]];
    }
    return items;
  };

  return {
    uint32,
    uniform,
    integer,
    normal,
    fillNormal(values) {
      for (let i = 0; i < values.length; i++) values[i] = normal();
    },
    fillUniform(values, low, high) {
      for (let i = 0; i < values.length; i++)
        values[i] = low + ((high - low) * (uint32() >>> 8)) / 0x100_0000;
    },
    pick: (items) => items[integer(items.length)],
    shuffle,
    permutation: (count) => shuffle(Array.from({ length: count }, (_, i) => i)),
    state: () => ({ key: [key[0], key[1]], position, spare }),
    restore(state) {
      key = state.key;
      position = state.position;
      spare = state.spare;
      if (position % 4 !== 0) fillBlock();
    },
  };
}

function streamKey(seed: number | bigint, stream: readonly (number | string)[]): [number, number] {
  for (const part of [seed, ...stream]) {
    if (typeof part === 'number' && !Number.isSafeInteger(part)) {
      throw new RangeError(`${part} cannot address a random stream: numbers must be whole and below 2^53`);
    }
  }
  // JSON keeps parts separate, and distinguishes "1" from 1.
  const address = JSON.stringify([seed.toString(), ...stream]);
  const digest = createHash('sha256').update(address).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}
