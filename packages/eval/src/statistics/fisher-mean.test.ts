import { describe, expect, it } from 'vitest';
import { fisherMean, mean } from './fisher-mean.ts';

describe('fisherMean', () => {
  it('transforms before taking the mean', () => {
    const { value } = fisherMean([0.9, 0.5, 0.1]);
    // numpy.tanh(numpy.mean(numpy.arctanh([.9, .5, .1]))) of NumPy 2.4.6; tanh(mean(r)) would be 0.4621.
    expect(value).toBeCloseTo(0.6089727586675866, 14);
  });

  it('counts groups without a correlation instead of taking them as 0', () => {
    const { value, ...counts } = fisherMean([0.5, null, 0.5, null]);
    expect(value).toBeCloseTo(0.5, 14);
    expect(counts).toEqual({ groups: 2, undefinedGroups: 2, perfectGroups: 0 });
    expect(fisherMean([null])).toEqual({ value: null, groups: 0, undefinedGroups: 1, perfectGroups: 0 });
    expect(fisherMean([])).toEqual({ value: null, groups: 0, undefinedGroups: 0, perfectGroups: 0 });
  });

  it('is determined by a perfect group, reports it, and is undefined if two contradict each other', () => {
    expect(fisherMean([1, 0.2])).toMatchObject({ value: 1, perfectGroups: 1 });
    expect(fisherMean([-1, 0.2])).toMatchObject({ value: -1, perfectGroups: 1 });
    expect(fisherMean([1, -1])).toMatchObject({ value: null, perfectGroups: 2 });
  });
});

it('mean leaves out missing values', () => {
  expect(mean([1, null, 2])).toBe(1.5);
  expect(mean([null])).toBeNull();
});
