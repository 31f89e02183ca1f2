import type { Interval } from '../statistics/bootstrap.ts';
import type { FisherMean } from '../statistics/fisher-mean.ts';
import type { PairwiseAccuracy } from '../statistics/pairwise-accuracy.ts';
import type { KappaWeights } from '../statistics/weighted-kappa.ts';
import type { JudgeDifference } from './measure-differences.ts';
import type { JudgeCost } from './ratings.ts';
import type { RaterAgreement } from './measure-raters.ts';

export type GroupAgreement = {
  readonly group: string;
  /** Items for which both sides have a value, and the others of the group. */
  readonly n: number;
  readonly missing: number;
  readonly spearman: number | null;
  readonly kendall: number | null;
  readonly pairwiseAccuracy: PairwiseAccuracy;
};

/** How far two sides agree from one perspective. A figure that is not defined, such as the correlation with a constant, is null. */
export type PerspectiveAgreement = {
  readonly n: number;
  readonly missing: number;
  /** Distinct values that differ from another one by rounding only. They are tied where `strict` was asked for, else not. */
  readonly roundedTies: number;
  readonly groups: readonly GroupAgreement[];
  readonly spearman: {
    readonly fisherMean: FisherMean;
    readonly meanOfGroups: number | null;
    /** `tanh(mean(r))`, which some published tables have in place of the Fisher mean. */
    readonly tanhOfMean: number | null;
    /** 95 % of the Fisher mean; tasks are resampled where several items share one, else items. */
    readonly fisherInterval: Interval | null;
    readonly pooled: number | null;
    /** 95 % of the pooled correlation, items resampled. */
    readonly interval: Interval | null;
    /** The same with tasks resampled, each with all its items; null where each task has one. */
    readonly intervalByTask: Interval | null;
  };
  readonly kendall: number | null;
  readonly pairwiseAccuracy: {
    readonly all: PairwiseAccuracy;
    readonly withinGroups: PairwiseAccuracy;
    /** Pairs of items of the same task: the edits that two editors made of one picture by one instruction. */
    readonly sameTask: PairwiseAccuracy;
  };
  readonly alpha: Readonly<Record<'ordinal' | 'interval', number | null>>;
  /** Of values put into the nearest of the categories. */
  readonly kappa: Readonly<Record<KappaWeights, number | null>> & { readonly categories: readonly number[] };
  /** Null where the reference is not the mean of several raters. */
  readonly raters: RaterAgreement | null;
};

export type ComparisonAgreement = {
  readonly judge: string;
  readonly reference: string;
  readonly perspectives: Readonly<Record<string, PerspectiveAgreement>>;
};

export type AgreementReport = {
  readonly items: number;
  readonly strict: boolean;
  readonly bootstrap: { readonly resamples: number; readonly seed: number };
  /** Answers of a judge that have fewer scores than were asked for, by perspective; missing where `strict`. */
  readonly incomplete: Readonly<Record<string, number>>;
  readonly comparisons: readonly ComparisonAgreement[];
  /** Between judges that are held against the same reference, each with each. */
  readonly differences: readonly JudgeDifference[];
  /** What judges took whose journals tell it, beside how far they agree with the reference overall (Fisher mean). */
  readonly costs: readonly (JudgeCost & {
    /** Null for the reference itself, and where no correlation is defined. */
    readonly agreement: number | null;
    readonly interval: Interval | null;
    /** US dollars for 1,000 triplets, divided by the agreement. */
    readonly dollarsPerAgreement: number | null;
  })[];
};
