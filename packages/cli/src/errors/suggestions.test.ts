import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, suggestionsFor } from './suggestions.ts';

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['steps', 'stpes', 1],
    ['seed', 'sead', 1],
    ['kitten', 'sitting', 3],
  ])('%s to %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  test('is symmetric, zero only for equal words, and at most the length of the longer word', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(editDistance(b, a)).toBe(distance);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('suggestionsFor', () => {
  test('does not suggest a word of which less than half is right', () => {
    expect(suggestionsFor('out', ['tui', 'no-tui'])).toEqual([]);
  });

  const flags = ['seed', 'steps', 'size', 'batch-size', 'fault-rate', 'learning-rate'];

  test.each([
    ['stpes', 'steps'],
    ['sede', 'seed'],
    ['faultRate', 'fault-rate'],
    ['batchsize', 'batch-size'],
    ['learn', 'learning-rate'],
  ])('%s means %s', (given, meant) => {
    expect(suggestionsFor(given, flags)[0]).toBe(meant);
  });

  test('suggests nothing if nothing is similar', () => {
    expect(suggestionsFor('temperature', flags)).toEqual([]);
    expect(suggestionsFor('x', flags)).toEqual([]);
  });
});
