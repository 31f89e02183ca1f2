import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, randomStateSchema, type Random } from './random.ts';

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.uint32());

const DRAWS = {
  uint32: (random: Random) => random.uint32(),
  uniform: (random: Random) => random.uniform(),
  integer: (random: Random) => random.integer(10),
  normal: (random: Random) => random.normal(),
} as const;

describe('createRandom', () => {
  it('never changes: these numbers are part of every dataset and run made with them', () => {
    const random = createRandom(42, 'scenes/train/0');
    expect(draw(random, 5)).toEqual([1241888796, 4015747286, 4118526070, 1878019204, 2855669178]);
    expect(random.uniform()).toBe(0.7156449993383363);
    expect(random.normal()).toBe(1.1538014283988798);
    expect(random.permutation(6)).toEqual([4, 5, 1, 3, 2, 0]);
  });

  it('gives different streams for different addresses, and the same for the same', () => {
    const addresses: [number | bigint, ...(number | string)[]][] = [
      [1],
      [2],
      [-1],
      [1, ''],
      [1, 'a'],
      [1, 'a', 'b'],
      [1, 'ab'],
      [1, 'a,b'],
      [1, 'order', 1],
      [1, 'order', '1'],
      [2n ** 64n],
      [2n ** 64n + 1n],
    ];
    const starts = addresses.map((address) => draw(createRandom(...address), 2).join(' '));
    expect(new Set(starts).size).toBe(addresses.length);
    expect(addresses.map((address) => draw(createRandom(...address), 2).join(' '))).toEqual(starts);
    expect(draw(createRandom(7n, 'x'), 4)).toEqual(draw(createRandom(7, 'x'), 4));
  });

  it.each([0.5, Number.NaN, 2 ** 53])('rejects the seed %d', (seed) => {
    expect(() => createRandom(seed)).toThrow(RangeError);
    expect(() => createRandom(0, seed)).toThrow(RangeError);
  });

  it('continues from a state that went through JSON, wherever it was taken', () => {
    const names = fc.array(fc.constantFrom('uint32', 'uniform', 'integer', 'normal'), { maxLength: 12 });
    fc.assert(
      fc.property(names, names, (before, after) => {
        const random = createRandom(3, 'resume');
        for (const name of before) DRAWS[name](random);
        const state = randomStateSchema.parse(JSON.parse(JSON.stringify(random.state())));
        const resumed = createRandom(0);
        resumed.restore(state);
        expect(after.map((name) => DRAWS[name](resumed))).toEqual(after.map((name) => DRAWS[name](random)));
        expect(resumed.state()).toEqual(random.state());
      }),
    );
  });

  it('counts blocks beyond 2^32', () => {
    const random = createRandom(1);
    random.restore({ ...random.state(), position: 4 * 2 ** 32 });
    expect(draw(random, 4)).not.toEqual(draw(createRandom(1), 4));
  });

  it('draws uniform numbers evenly from 0 to 1', () => {
    const random = createRandom(5);
    const bins = new Uint32Array(20);
    for (let i = 0; i < 20_000; i++) bins[Math.floor(random.uniform() * 20)] += 1;
    // Chi-squared with 19 degrees of freedom: above 43.8 with probability 0.001.
    expect(bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(43.8);
  });

  it('draws normal numbers with the moments of the normal distribution', () => {
    const random = createRandom(6);
    const values = new Float32Array(40_001);
    random.fillNormal(values);
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    // Four standard errors each: sqrt(var / n) with variances 1, 2, 15 and 96.
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / values.length));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / values.length));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / values.length));
    const [a, b] = [values.subarray(0, -1), values.subarray(1)];
    const correlation = a.reduce((sum, value, i) => sum + value * b[i], 0) / a.length;
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(values.length));
  });

  it('keeps fillUniform within its bounds', () => {
    const values = new Float32Array(5000);
    createRandom(7).fillUniform(values, -2, 6);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...values)).toBeLessThanOrEqual(6);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(2, 0);
  });

  it('draws every integer below the bound, and no other', () => {
    const random = createRandom(8);
    expect(new Set(Array.from({ length: 200 }, () => random.integer(6)))).toEqual(
      new Set([0, 1, 2, 3, 4, 5]),
    );
    expect(random.integer(1)).toBe(0);
    expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32);
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN])
      expect(() => random.integer(bound)).toThrow(RangeError);
  });

  it('draws unbiased integers if the bound does not divide 2^32', () => {
    const random = createRandom(9);
    const bound = 3 * 2 ** 30;
    let lower = 0;
    // With a plain remainder, the lowest third would be drawn half of the time.
    for (let i = 0; i < 3000; i++) if (random.integer(bound) < bound / 3) lower += 1;
    expect(Math.abs(lower - 1000)).toBeLessThan(4 * Math.sqrt((3000 * 2) / 9));
  });

  it('keeps every item when shuffling', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
        const random = createRandom(seed);
        const copy = [...items];
        expect(random.shuffle(copy)).toBe(copy);
        expect(copy.toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
        expect(random.permutation(items.length).toSorted((a, b) => a - b)).toEqual(items.map((_, i) => i));
      }),
    );
  });

  it('picks each item equally often, and rejects an empty list', () => {
    const random = createRandom(11);
    const picked = Array.from({ length: 3000 }, () => random.pick(['a', 'b', 'c']));
    for (const item of 'abc') {
      const count = picked.filter((other) => other === item).length;
      expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt((3000 * 2) / 9));
    }
    expect(() => random.pick([])).toThrow(RangeError);
  });

  it('shuffles into every order equally often', () => {
    const random = createRandom(10);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.permutation(3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(833));
  });
});
