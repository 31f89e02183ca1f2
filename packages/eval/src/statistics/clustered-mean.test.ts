import { createRandom, type Random } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { clusteredMean, type ClusteredValue } from './clustered-mean.ts';

/** The value of an edit of a photo, given how easy the photo is: a score, or whether it is right. */
type Draw = (random: Random, ease: number) => number;
const score: Draw = (random, ease) =>
  Math.min(5, Math.max(0, Math.round(3.5 + ease + 1.2 * random.normal())));
const mostlyRight: Draw = (random, ease) =>
  random.uniform() < 1 / (1 + Math.exp(-3.3 - 0.7 * ease)) ? 1 : 0;

/** Seven edits for each photo: a photo is hard or easy, and its edits vary around that. */
function drawEdits(random: Random, photos: number, draw: Draw = score): ClusteredValue[] {
  return Array.from({ length: photos }, (_, photo) => {
    const ease = random.normal();
    return Array.from({ length: 7 }, () => ({ cluster: `photo ${photo}`, value: draw(random, ease) }));
  }).flat();
}

describe('clusteredMean', () => {
  it.each([
    { name: 'scores', draw: score, photos: 10 },
    { name: 'scores', draw: score, photos: 80 },
    { name: 'shares near 1', draw: mostlyRight, photos: 10 },
    { name: 'shares near 1', draw: mostlyRight, photos: 80 },
  ])('covers the true mean of $name of $photos photos in about 95 % of the cases', ({ draw, photos }) => {
    const random = createRandom(3, 'coverage', photos);
    const truth = clusteredMean(drawEdits(random, 40_000, draw), { seed: 0, resamples: 1 })!.mean;
    const cases = 1000;
    let covered = 0;
    for (let i = 0; i < cases; i++) {
      const edits = drawEdits(random, photos, draw);
      const [low, high] = clusteredMean(edits, { seed: i, resamples: 300 })!.interval!;
      if (low <= truth && truth <= high) covered += 1;
    }
    expect(covered / cases).toBeGreaterThanOrEqual(0.93);
    expect(covered / cases).toBeLessThanOrEqual(0.97);
  });

  it('is wider if the items of a cluster are correlated', () => {
    const together = drawEdits(createRandom(4, 'edits'), 30);
    const apart = together.map(({ value }, i) => ({ cluster: `${i}`, value }));
    const width = (values: readonly ClusteredValue[]) => {
      const [low, high] = clusteredMean(values, { seed: 0 })!.interval!;
      return high - low;
    };
    expect(width(together)).toBeGreaterThan(1.5 * width(apart));
  });

  it('is bit-identical for any order of the items', () => {
    const scores = drawEdits(createRandom(5, 'edits'), 30).map((score) => ({
      ...score,
      value: score.value / 3,
    }));
    const shuffled = createRandom(6, 'order').shuffle([...scores]);
    expect(clusteredMean(shuffled, { seed: 1 })).toEqual(clusteredMean(scores, { seed: 1 }));
  });

  it('stays within the range of the values', () => {
    const shares = Array.from({ length: 12 }, (_, i) => ({ cluster: `${i}`, value: i === 0 ? 0 : 1 }));
    const [low, high] = clusteredMean(shares, { seed: 0, range: [0, 1] })!.interval!;
    expect(high).toBe(1);
    // The exact interval of 11 of 12 (Clopper and Pearson) begins at 0.615.
    expect(low).toBeCloseTo(0.615, 1);
  });

  it('is null where nothing is known', () => {
    expect(clusteredMean([], { seed: 0 })).toBeNull();
    const alone = [1, 2, 3].map((value) => ({ cluster: 'one', value }));
    expect(clusteredMean(alone, { seed: 0 })).toEqual({ mean: 2, interval: null, count: 3, clusters: 1 });
    const equal = ['a', 'b', 'c'].map((cluster) => ({ cluster, value: 4 }));
    expect(clusteredMean(equal, { seed: 0 })).toMatchObject({ mean: 4, interval: [4, 4] });
  });

  it('does not take none of ten for never', () => {
    const none = Array.from({ length: 10 }, (_, i) => ({ cluster: `${i}`, value: 0 }));
    // The exact interval of 0 of 10 (Clopper and Pearson) ends at 0.308.
    const { interval } = clusteredMean(none, { seed: 0, range: [0, 1] })!;
    expect(interval![0]).toBe(0);
    expect(interval![1]).toBeCloseTo(0.308, 3);
  });
});
