import { describe, expect, it } from 'vitest';
import { compareAll, difference, extremes, isWithin, worstOf } from './comparison.ts';

const TOLERANCE = { absolute: 1e-3, relative: 1e-2 };

describe('difference', () => {
  it('allows a share of the largest value plus an absolute error', () => {
    expect(difference('x', [10.1, 0], [10, 0], TOLERANCE)).toMatchObject({ within: true, allowed: 0.101 });
    expect(difference('x', [10.2, 0], [10, 0], TOLERANCE)).toMatchObject({ within: false });
  });

  it.each([NaN, Infinity, -Infinity])('is never within tolerance of %d', (value) => {
    expect(difference('x', [1, value, 1], [1, 1, 1], TOLERANCE)).toMatchObject({
      absolute: Infinity,
      within: false,
    });
  });

  it('has no relative error if the reference is zero up to rounding', () => {
    expect(difference('x', [2e-6], [1e-6], TOLERANCE)).toMatchObject({ within: true, relative: undefined });
  });

  it('rejects a different number of values', () => {
    expect(() => difference('x', [1], [1, 2], TOLERANCE)).toThrow('x has 1 values, its reference 2');
  });
});

describe('compareAll', () => {
  const group = compareAll('g', { a: [1], b: [5.2], c: [9] }, { a: [1.001], b: [5] }, TOLERANCE);

  it('names the tensor closest to its tolerance', () => {
    expect(worstOf(group)?.name).toBe('b');
    expect(extremes(group).absolute).toBeCloseTo(0.2);
    expect(extremes(group).relative).toBeCloseTo(0.04);
  });

  it('fails as a whole if one tensor does', () => {
    expect(isWithin([group])).toBe(false);
  });

  it('does not ignore a missing tensor', () => {
    expect(() => compareAll('g', { a: [1] }, { a: [1], b: [2] }, TOLERANCE)).toThrow('computed for g "b"');
  });
});
