import { sizeOf, type Shape } from '../shape.ts';

/** Pseudorandom numbers in [0, 1), determined by the seed (Weyl sequence through a 32-bit mixer). */
export function* uniform(seed: number): Generator<number, never> {
  for (let counter = Math.imul(seed + 1, 0x9e3779b9); ; counter += 0x9e3779b9) {
    let bits = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    yield ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  }
}

/** Draws the values of several tensors from a seed. */
export type Draw = (shapes: readonly Shape[], seed: number) => Float64Array[];

function drawEach(value: (random: Generator<number, never>) => number): Draw {
  return (shapes, seed) => {
    const random = uniform(seed);
    return shapes.map((shape) => Float64Array.from({ length: sizeOf(shape) }, () => value(random)));
  };
}

/** From -1 to 1. */
export const anywhere = drawEach((random) => random.next().value * 2 - 1);

/** From 0.5 to 1.5. */
export const positive = drawEach((random) => random.next().value + 0.5);

/** From 0.5 to 1.5, of either sign. */
export const awayFromZero = drawEach(
  (random) => (random.next().value + 0.5) * (random.next().value < 0.5 ? -1 : 1),
);

/**
 * All values, and zero, are at least 0.05 apart, so that finite differences do not cross the kinks at ties
 * and at zero.
 */
export const apart: Draw = (shapes, seed) => {
  const random = uniform(seed);
  const count = shapes.reduce((total, shape) => total + sizeOf(shape), 0);
  const levels = Array.from({ length: count }, (_, i) => (i - Math.floor(count / 2) + 0.5) * 0.1);
  const shuffled = levels
    .map((level) => ({ level, key: random.next().value }))
    .toSorted((a, b) => a.key - b.key)
    .values();
  return shapes.map((shape) =>
    Float64Array.from({ length: sizeOf(shape) }, () => shuffled.next().value!.level),
  );
};

/** Integers from 0 to below `limit`, with repetitions. */
export function integers(count: number, limit: number, seed: number): Int32Array {
  const random = uniform(seed);
  return Int32Array.from({ length: count }, () => Math.floor(random.next().value * limit));
}
