import type { Interval } from '../statistics/bootstrap.ts';
import type { FisherMean } from '../statistics/fisher-mean.ts';
import type { PairwiseAccuracy } from '../statistics/pairwise-accuracy.ts';
import type { KappaWeights } from '../statistics/weighted-kappa.ts';
import type { JudgeDifference } from './measure-differences.ts';
import type { JudgeCost } from './ratings.ts';
import type { RaterAgreement } from './measure-raters.ts';

export type GroupAgreement = {
  readonly group: string;
  /** Items for which both sides have a value, and the remaining items of the group. */
  readonly n: number;
  readonly missing: number;
  readonly spearman: number | null;
  readonly kendall: number | null;
  readonly pairwiseAccuracy: PairwiseAccuracy;
};

/** How far two sides agree from one perspective. An undefined figure, such as the correlation with a constant, is null. */
export type PerspectiveAgreement = {
  readonly n: number;
  readonly missing: number;
  /** Distinct values that differ from another one by rounding only; with `strict` they are tied. */
  readonly roundedTies: number;
  readonly groups: readonly GroupAgreement[];
  readonly spearman: {
    readonly fisherMean: FisherMean;
    readonly meanOfGroups: number | null;
    /** `tanh(mean(r))`, which some published tables print as the Fisher mean. */
    readonly tanhOfMean: number | null;
    /** 95 % interval of the Fisher mean, resampling tasks if several items share one, else items. */
    readonly fisherInterval: Interval | null;
    readonly pooled: number | null;
    /** 95 % interval of the pooled correlation, resampling items. */
    readonly interval: Interval | null;
    /** The same, resampling tasks with all their items; null if each task has one item. */
    readonly intervalByTask: Interval | null;
  };
  readonly kendall: number | null;
  readonly pairwiseAccuracy: {
    readonly all: PairwiseAccuracy;
    readonly withinGroups: PairwiseAccuracy;
    /** Pairs of items of the same task: edits of one picture and instruction by two editors. */
    readonly sameTask: PairwiseAccuracy;
  };
  readonly alpha: Readonly<Record<'ordinal' | 'interval', number | null>>;
  /** Of values rounded to the nearest category. */
  readonly kappa: Readonly<Record<KappaWeights, number | null>> & { readonly categories: readonly number[] };
  /** Null unless the reference is the mean of several raters. */
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
  /** A judge's answers with fewer scores than asked for, by perspective; with `strict` they are missing. */
  readonly incomplete: Readonly<Record<string, number>>;
  readonly comparisons: readonly ComparisonAgreement[];
  /** Between each two judges with the same reference. */
  readonly differences: readonly JudgeDifference[];
  /** The costs of judges whose journals record them, with their overall agreement with the reference (Fisher mean). */
  readonly costs: readonly (JudgeCost & {
    /** Null for the reference itself, and if no correlation is defined. */
    readonly agreement: number | null;
    readonly interval: Interval | null;
    /** US dollars for 1,000 triplets, divided by the agreement. */
    readonly dollarsPerAgreement: number | null;
  })[];
};
