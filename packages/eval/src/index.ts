export type {
  AgreementReport,
  ComparisonAgreement,
  GroupAgreement,
  PerspectiveAgreement,
} from './agreement/agreement-report.ts';
export {
  countResamples,
  measureAgreement,
  type MeasureAgreementOptions,
} from './agreement/measure-agreement.ts';
export type { RaterAgreement } from './agreement/measure-raters.ts';
export type { Comparison, Items, Ratings, ReadRatingsOptions, Voice } from './agreement/ratings.ts';
export { readRatings } from './agreement/read-ratings.ts';
export { bootstrapInterval, quantile, type BootstrapOptions, type Interval } from './statistics/bootstrap.ts';
export { fisherMean, type FisherMean } from './statistics/fisher-mean.ts';
export { kendall } from './statistics/kendall.ts';
export { krippendorffAlpha, type AlphaMetric } from './statistics/krippendorff-alpha.ts';
export { countPairs, type PairCounts } from './statistics/pair-counts.ts';
export { pairwiseAccuracy, type PairwiseAccuracy } from './statistics/pairwise-accuracy.ts';
export { spearman } from './statistics/spearman.ts';
export { toCategories, weightedKappa, type KappaWeights } from './statistics/weighted-kappa.ts';
