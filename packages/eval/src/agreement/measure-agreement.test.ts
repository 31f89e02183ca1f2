import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countResamples, measureAgreement } from './measure-agreement.ts';
import type { Items, Ratings, Rater } from './ratings.ts';

const none = Number.NaN;

const rater = (name: string, values: readonly number[]): Rater => ({
  name,
  values: () => Float64Array.from(values),
});

/** Ratings from one perspective; every item is a task of its own, and all are one group by default. */
function ratingsOf(
  judge: readonly number[],
  reference: readonly number[],
  { raters = [], strict = false, ...items }: Partial<Items> & { raters?: number[][]; strict?: boolean } = {},
): Ratings {
  const count = judge.length;
  return {
    items: {
      count,
      groups: ['all'],
      group: new Int32Array(count),
      task: Int32Array.from(judge.keys()),
      tasks: count,
      ...items,
    },
    perspectives: ['p'],
    categories: [0, 1, 2, 3],
    comparisons: [
      {
        judge: rater('judge', judge),
        reference: rater('reference', reference),
        raters: raters.map((values, i) => rater(`rater ${i + 1}`, values)),
      },
    ],
    strict,
    incomplete: {},
    costs: [],
  };
}

const measure = async (ratings: Ratings, resamples = 0) => {
  const { comparisons } = await measureAgreement(ratings, { resamples });
  return comparisons[0].perspectives['p'];
};

describe('measureAgreement', () => {
  it('measures by group, within groups, between items of a task, and over all', async () => {
    const measured = await measure(
      ratingsOf([1, 2, 3, 3, 1, 2], [1, 2, 3, 1, 2, 3], {
        groups: ['a', 'b'],
        group: Int32Array.of(0, 0, 0, 1, 1, 1),
        task: Int32Array.of(0, 1, 2, 0, 1, 2),
        tasks: 3,
      }),
    );
    expect(measured.groups).toEqual([
      { group: 'a', n: 3, missing: 0, spearman: 1, kendall: 1, pairwiseAccuracy: { value: 1, pairs: 3 } },
      {
        group: 'b',
        n: 3,
        missing: 0,
        spearman: -0.5,
        kendall: -1 / 3,
        pairwiseAccuracy: { value: 1 / 3, pairs: 3 },
      },
    ]);
    expect(measured.spearman).toMatchObject({
      fisherMean: { value: 1, groups: 2, undefinedGroups: 0, perfectGroups: 1 },
      meanOfGroups: 0.25,
      tanhOfMean: Math.tanh(0.25),
      pooled: 0.25,
    });
    expect(measured.pairwiseAccuracy).toEqual({
      // Of 12 pairs that the reference decides, the judge has 6 right and 3 wrong, and sees 3 as equal.
      all: { value: 7.5 / 12, pairs: 12 },
      withinGroups: { value: 4 / 6, pairs: 6 },
      sameTask: { value: null, pairs: 0 },
    });
  });

  it('counts what is missing on either side, in each group and in all', async () => {
    const measured = await measure(
      ratingsOf([1, none, 2, 2, 3], [none, 1, 1, 2, 3], {
        groups: ['a', 'b'],
        group: Int32Array.of(0, 0, 0, 1, 1),
      }),
    );
    expect(measured).toMatchObject({ n: 3, missing: 2 });
    expect(measured.groups.map(({ n, missing }) => [n, missing])).toEqual([
      [1, 2],
      [2, 0],
    ]);
  });

  it('has null for what is not defined, and leaves a constant group out of the means', async () => {
    const group = Int32Array.of(0, 0, 0, 1, 1, 1);
    const measured = await measure(
      ratingsOf([1, 1, 1, 1, 3, 2], [1, 2, 3, 1, 2, 3], { groups: ['flat', 'b'], group }),
      20,
    );
    expect(measured.groups[0]).toMatchObject({ spearman: null, kendall: null });
    expect(measured.spearman.fisherMean).toMatchObject({ groups: 1, undefinedGroups: 1 });
    expect(measured.spearman.fisherMean.value).toBeCloseTo(0.5, 14);

    const nothing = await measure(ratingsOf([none], [1]), 20);
    expect(nothing).toMatchObject({
      n: 0,
      missing: 1,
      spearman: { pooled: null, meanOfGroups: null, tanhOfMean: null, interval: null, intervalByTask: null },
      kendall: null,
      alpha: { ordinal: null, interval: null },
      kappa: { linear: null, quadratic: null },
      raters: null,
    });
  });

  it('puts the correlation in its interval, which is the same for the same seed', async () => {
    const values = Array.from({ length: 200 }, (_, i) => (i * 37) % 101);
    const noisy = values.map((value, i) => value + ((i * 53) % 71));
    const tasks = { task: Int32Array.from(values.keys(), (i) => i % 50), tasks: 50 };
    const { spearman } = await measure(ratingsOf(values, noisy, tasks), 300);
    for (const interval of [spearman.interval, spearman.intervalByTask]) {
      expect(interval!.low).toBeLessThan(spearman.pooled!);
      expect(interval!.high).toBeGreaterThan(spearman.pooled!);
      expect(interval).toMatchObject({ resamples: 300, undefinedResamples: 0 });
    }
    expect((await measure(ratingsOf(values, noisy, tasks), 300)).spearman).toEqual(spearman);
    expect((await measure(ratingsOf(values, noisy), 300)).spearman.intervalByTask).toBeNull();
  });

  it('tells how many resamples are done, up to those that it said', async () => {
    const ratings = ratingsOf([1, 2, 3], [2, 1, 3], { task: Int32Array.of(0, 0, 1), tasks: 2 });
    const done: number[] = [];
    await measureAgreement(ratings, { resamples: 5, onResample: (count) => done.push(count) });
    expect(done).toEqual(Array.from({ length: countResamples(ratings, 5) }, (_, i) => i + 1));
  });

  it('measures raters against each other', async () => {
    const raters = [
      [0, 1, 2, 3, none],
      [0, 1, 2, 3, 1],
      [0, 2, 1, 3, 1],
    ];
    const { raters: measured } = await measure(ratingsOf([0, 1, 2, 3, 1], [0, 1, 2, 3, 1], { raters }));
    // By SciPy 1.17.1 (spearmanr of each rater with the mean of the others), krippendorff 0.9.0 and scikit-learn 1.9.1.
    expect(measured!.raters).toBe(3);
    expect(measured!.leaveOneOut.pooled).toBeCloseTo(0.8776312747887678, 12);
    // There is one group, whose mean is itself.
    expect(measured!.leaveOneOut.fisherMean).toBeCloseTo(0.8776312747887678, 12);
    expect(measured!.alpha.nominal).toBeCloseTo(0.6388888888888888, 12);
    expect(measured!.alpha.ordinal).toBeCloseTo(0.8595069233367105, 12);
    expect(measured!.alpha.interval).toBeCloseTo(0.8796296296296297, 12);
    expect(measured!.kappa.linear).toBeCloseTo(0.7476190476190476, 12);
    expect(measured!.kappa.quadratic).toBeCloseTo(0.8692307692307693, 12);
  });

  it('ties what differs by rounding only where strict, and says how much of it there is', async () => {
    const rounded = [Math.sqrt(0.1 * 0.9), Math.sqrt(0.3 * 0.3), 0.9];
    const plain = await measure(ratingsOf(rounded, [1, 2, 3]));
    const strict = await measure(ratingsOf(rounded, [1, 2, 3], { strict: true }));
    expect(plain.roundedTies).toBe(1);
    expect(plain.pairwiseAccuracy.all).toEqual({ value: 2 / 3, pairs: 3 });
    expect(strict.pairwiseAccuracy.all).toEqual({ value: 2.5 / 3, pairs: 3 });
  });

  it('does not mind the order of items', async () => {
    const item = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { minLength: 3, maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        async (pairs, keys) => {
          const shuffled = pairs
            .map((pair) => ({ pair, key: keys.next().value }))
            .sort((a, b) => a.key - b.key)
            .map(({ pair }) => pair);
          const [first, second] = await Promise.all(
            [pairs, shuffled].map((each) =>
              measure(
                ratingsOf(
                  each.map(([judge]) => judge),
                  each.map(([, reference]) => reference),
                ),
              ),
            ),
          );
          expect(second.kendall).toBe(first.kendall);
          expect(second.pairwiseAccuracy).toEqual(first.pairwiseAccuracy);
          expect(second.spearman.pooled).toBe(first.spearman.pooled);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('differences between judges', () => {
  const reference = rater(
    'human',
    Array.from({ length: 60 }, (_, i) => (i * 7) % 6),
  );
  const good = rater(
    'good',
    [...reference.values('p')].map((value, i) => value + (i % 2) / 2),
  );
  const bad = rater(
    'bad',
    [...reference.values('p')].map((value, i) => value + ((i * 13) % 17)),
  );
  const against = (...judges: Rater[]): Ratings => ({
    ...ratingsOf([...good.values('p')], [...reference.values('p')]),
    comparisons: judges.map((judge) => ({ judge, reference, raters: [] })),
  });

  it('are those of their correlations over the items that all have, with an interval', async () => {
    const report = await measureAgreement(against(bad, good), { resamples: 200 });
    const [difference] = report.differences;
    expect(difference).toMatchObject({ judge: 'good', other: 'bad', reference: 'human' });
    const { n, pooled, fisherMean } = difference.perspectives['p'];
    const [ofBad, ofGood] = report.comparisons.map(({ perspectives }) => perspectives['p'].spearman);
    expect(n).toBe(60);
    expect(pooled.value).toBeCloseTo(ofGood.pooled! - ofBad.pooled!, 14);
    expect(fisherMean.value).toBeCloseTo(ofGood.fisherMean.value! - ofBad.fisherMean.value!, 14);
    expect(pooled.interval!.low).toBeGreaterThan(0);
    expect(ofBad.fisherInterval!.low).toBeLessThan(ofBad.fisherMean.value!);
    expect(ofBad.fisherInterval!.high).toBeGreaterThan(ofBad.fisherMean.value!);
  });

  it('of a judge with itself are exactly zero, and there are none without a common reference', async () => {
    const { differences } = await measureAgreement(against(good, good), { resamples: 50 });
    expect(differences[0].perspectives['p'].pooled).toMatchObject({
      value: 0,
      interval: { low: 0, high: 0 },
    });
    expect((await measureAgreement(against(good), { resamples: 0 })).differences).toEqual([]);
  });

  it('are counted among the resamples', async () => {
    const done: number[] = [];
    const ratings = against(bad, good);
    await measureAgreement(ratings, { resamples: 3, onResample: (count) => done.push(count) });
    expect(done).toEqual(Array.from({ length: countResamples(ratings, 3) }, (_, i) => i + 1));
  });
});
