import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCodes } from './codes.ts';
import { rankCorrelation, spearman } from './spearman.ts';

const floats = (...values: number[]) => Float64Array.from(values);

/** Pairs of small whole numbers, so that there are ties. */
const pairs = fc.array(fc.tuple(fc.integer({ min: -3, max: 5 }), fc.integer({ min: 0, max: 8 })), {
  minLength: 2,
  maxLength: 40,
});
const columns = (values: [number, number][]) =>
  [0, 1].map((side) => Float64Array.from(values, (pair) => pair[side]));

describe('spearman', () => {
  it('of intelligence and hours of television (the example of Wikipedia) is -29/165', () => {
    const intelligence = floats(106, 100, 86, 101, 99, 103, 97, 113, 112, 110);
    const hours = floats(7, 27, 2, 50, 28, 29, 20, 12, 6, 17);
    expect(spearman(intelligence, hours)).toBeCloseTo(-29 / 165, 14);
  });

  it('gives ties their average rank', () => {
    const x = floats(1, 2, 2, 3, 5, 5, 5, 8, 9, 10);
    const y = floats(2, 1, 4, 4, 4, 6, 3, 9, 7, 8);
    // scipy.stats.spearmanr(x, y) of SciPy 1.17.1
    expect(spearman(x, y)).toBeCloseTo(0.8286644571892146, 14);
  });

  it.each([
    ['one side is constant', floats(1, 1, 1), floats(1, 2, 3)],
    ['the other side is', floats(1, 2, 3), floats(0.1, 0.1, 0.1)],
    ['there is one pair', floats(1), floats(2)],
    ['there is none', floats(), floats()],
  ])('is not defined where %s', (_, x, y) => {
    expect(spearman(x, y)).toBeNull();
  });

  it('is 1 with itself and -1 with its opposite, to the last bit, also of many', () => {
    const x = Float64Array.from({ length: 400_000 }, (_, i) => (i * 7919) % 100_003);
    expect(spearman(x, x)).toBe(1);
    expect(
      spearman(
        x,
        x.map((value) => -value),
      ),
    ).toBe(-1);
  });

  it('is symmetric, from -1 to 1, and the same after any increasing change of scale', () => {
    fc.assert(
      fc.property(pairs, (values) => {
        const [x, y] = columns(values);
        const r = spearman(x, y);
        expect(spearman(y, x)).toBe(r);
        expect(spearman(x.map(Math.exp), y.map(Math.sqrt))).toBe(r);
        expect(Math.abs(r ?? 0)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('with weights is that of pairs which are there so many times', () => {
    fc.assert(
      fc.property(pairs, fc.infiniteStream(fc.integer({ min: 0, max: 3 })), (values, stream) => {
        const weights = Uint32Array.from(values, () => stream.next().value);
        const repeated = values.flatMap((pair, i) => Array.from({ length: weights[i] }, () => pair));
        const [x, y] = columns(values);
        const weighted = rankCorrelation(toCodes(x), toCodes(y), weights);
        const [allX, allY] = columns(repeated);
        const plain = spearman(allX, allY);
        expect(weighted === null).toBe(plain === null);
        expect(weighted ?? 0).toBeCloseTo(plain ?? 0, 12);
      }),
    );
  });

  it('has no place for NaN', () => {
    expect(() => spearman(floats(1, Number.NaN), floats(1, 2))).toThrow(RangeError);
  });
});
