import { fisherMean, mean } from '../statistics/fisher-mean.ts';
import { krippendorffAlpha } from '../statistics/krippendorff-alpha.ts';
import { tieRounded } from '../statistics/rounding.ts';
import { spearman } from '../statistics/spearman.ts';
import { toCategories, weightedKappa, type KappaWeights } from '../statistics/weighted-kappa.ts';
import { meanOfRaters } from './mean-of-raters.ts';
import { bothRated, select } from './select.ts';

/** How far human raters agree with each other from one perspective: the yardstick for a judge. */
export type RaterAgreement = {
  readonly raters: number;
  readonly alpha: Readonly<Record<'nominal' | 'ordinal' | 'interval', number | null>>;
  /** Weighted kappa of two raters, the mean of all pairs of them. */
  readonly kappa: Readonly<Record<KappaWeights, number | null>>;
  /** Spearman's correlation of each rater with the mean of the others, averaged over the raters. */
  readonly leaveOneOut: { readonly fisherMean: number | null; readonly pooled: number | null };
};

/** Measures how far raters agree; `parts` are the items of each group, for the Fisher mean over groups. */
export function measureRaters(
  raters: readonly Float64Array[],
  parts: readonly Int32Array[],
  { categories, strict }: { categories: readonly number[]; strict: boolean },
): RaterAgreement {
  const others = raters.map((_, i) => {
    const means = meanOfRaters(raters.toSpliced(i, 1), raters[i].length);
    return strict ? tieRounded(means).values : means;
  });
  const pairs = raters.flatMap((first, i) => raters.slice(i + 1).map((second) => ({ first, second })));
  const kappa = (weights: KappaWeights) =>
    mean(
      pairs.map(({ first, second }) => {
        const rows = bothRated(first, second);
        const [x, y] = [first, second].map((rater) => toCategories(select(rater, rows), categories));
        return weightedKappa(x, y, categories.length, weights);
      }),
    );
  const correlation = (i: number, part?: Int32Array) => {
    const rows = bothRated(raters[i], others[i], part);
    return spearman(select(raters[i], rows), select(others[i], rows));
  };
  return {
    raters: raters.length,
    alpha: {
      nominal: krippendorffAlpha(raters, 'nominal'),
      ordinal: krippendorffAlpha(raters, 'ordinal'),
      interval: krippendorffAlpha(raters, 'interval'),
    },
    kappa: { linear: kappa('linear'), quadratic: kappa('quadratic') },
    leaveOneOut: {
      fisherMean: mean(raters.map((_, i) => fisherMean(parts.map((part) => correlation(i, part))).value)),
      pooled: mean(raters.map((_, i) => correlation(i))),
    },
  };
}
