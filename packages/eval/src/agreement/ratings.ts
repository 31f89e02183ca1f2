/** Rates items: a judge, a person, or the mean of several people. */
export type Rater = {
  /** As people read it: who it is, and from which file. */
  readonly name: string;
  /** The value of every item from a perspective; NaN where it has none. */
  values(perspective: string): Float64Array;
};

/** What answers took, in all; a figure is null where some answers do not tell it. */
export type Cost = {
  readonly calls: number;
  readonly tokens: number | null;
  readonly dollars: number | null;
};

/** What a judge's answers took. */
export type JudgeCost = Cost & {
  /** The name of the rater. */
  readonly judge: string;
  readonly answers: number;
  /** Of a cascade, in their order: of how many triplets each stage was asked, and of how many it had the last word. */
  readonly stages: readonly (Cost & {
    readonly judge: string;
    readonly asked: number;
    readonly decided: number;
  })[];
};

/** A judge, and whom it is held against. */
export type Comparison = {
  readonly judge: Rater;
  readonly reference: Rater;
  /** The single humans whose mean the reference is; none where the reference is no such mean. */
  readonly raters: readonly Rater[];
};

/** The items that raters rate, numbered from 0. */
export type Items = {
  readonly count: number;
  readonly groups: readonly string[];
  /** The group of each item. */
  readonly group: Int32Array;
  /** What each item was made from, such as the picture and instruction that several editors got: alike for items that share it. */
  readonly task: Int32Array;
  readonly tasks: number;
};

/** What files say, put in one form. */
export type Ratings = {
  readonly items: Items;
  /** In the order in which they are reported; the last one is the overall one. */
  readonly perspectives: readonly string[];
  /** The categories for kappa, ascending: the steps of the scale that people rate on. */
  readonly categories: readonly number[];
  readonly comparisons: readonly Comparison[];
  /** Whether short answers are missing, and values that differ by rounding only are tied. */
  readonly strict: boolean;
  /** Answers of a judge that have fewer scores than were asked for, by perspective; they are missing where `strict`. */
  readonly incomplete: Readonly<Record<string, number>>;
  /** What the answers of judges took, of those whose journals tell it. */
  readonly costs: readonly JudgeCost[];
};

export type ReadRatingsOptions = {
  /**
   * Counts a judge's answer as missing where it has fewer scores than were asked for, and ties values that differ by
   * rounding only.
   */
  readonly strict?: boolean;
  /** The dataset that journals of rewards are about: groups are then the kinds of its edits. */
  readonly dataset?: string | undefined;
  /** Told after every line which file it is of, from 0; what it throws ends the reading. */
  readonly onLine?: (file: number) => void;
};
