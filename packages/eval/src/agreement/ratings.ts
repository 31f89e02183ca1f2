/** A source of ratings: a judge, a person, or the mean of several people. */
export type Rater = {
  /** For display: the rater and its file. */
  readonly name: string;
  /** The value of each item from a perspective; NaN if missing. */
  values(perspective: string): Float64Array;
};

/** The total cost of answers; a figure is null if some answers do not record it. */
export type Cost = {
  readonly calls: number;
  readonly tokens: number | null;
  readonly dollars: number | null;
};

/** The cost of a judge's answers. */
export type JudgeCost = Cost & {
  /** The name of the rater. */
  readonly judge: string;
  readonly answers: number;
  /** The stages of a cascade in order, with the numbers of triplets that each was asked about and that it decided. */
  readonly stages: readonly (Cost & {
    readonly judge: string;
    readonly asked: number;
    readonly decided: number;
  })[];
};

/** A judge and the reference that it is compared with. */
export type Comparison = {
  readonly judge: Rater;
  readonly reference: Rater;
  /** The people whose mean is the reference; empty if it is not a mean. */
  readonly raters: readonly Rater[];
};

/** The rated items, numbered from 0. */
export type Items = {
  readonly count: number;
  readonly groups: readonly string[];
  /** The group of each item. */
  readonly group: Int32Array;
  /** The task of each item: the picture and instruction that several editors were given. */
  readonly task: Int32Array;
  readonly tasks: number;
};

/** The ratings of all files, in one form. */
export type Ratings = {
  readonly items: Items;
  /** In the order of the report; the last one is the overall value. */
  readonly perspectives: readonly string[];
  /** The categories for kappa, ascending: the values of the raters' scale. */
  readonly categories: readonly number[];
  readonly comparisons: readonly Comparison[];
  /** Whether incomplete answers are missing, and values that differ by rounding only are tied. */
  readonly strict: boolean;
  /** A judge's answers with fewer scores than asked for, by perspective; with `strict` they are missing. */
  readonly incomplete: Readonly<Record<string, number>>;
  /** The costs of the judges whose journals record them. */
  readonly costs: readonly JudgeCost[];
};

export type ReadRatingsOptions = {
  /**
   * Counts a judge's answer with fewer scores than asked for as missing, and ties values that differ by rounding only.
   */
  readonly strict?: boolean;
  /** The dataset of the rewards journals; its kinds of edits become the groups. */
  readonly dataset?: string | undefined;
  /** Called after each line with the number of its file, from 0; an error that it throws ends the reading. */
  readonly onLine?: (file: number) => void;
};
