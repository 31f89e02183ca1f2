/** A training step: end in milliseconds since 1970, and length. */
export type TimedStep = { readonly endedAt: number; readonly milliseconds: number };

/** An interval with a screen running next to the training, or without. */
export type Block = {
  readonly pair: number;
  readonly hasScreen: boolean;
  readonly from: number;
  readonly to: number;
};

export type PairChange = {
  readonly pair: number;
  /** Mean milliseconds of the steps within the block. */
  readonly without: number;
  readonly with: number;
  /** Relative increase of a step's length with a screen. */
  readonly change: number;
};

/**
 * Computes the effect of a screen in each pair of blocks. The mean of a block is taken between its first and
 * last step, so that it includes single long steps and the time between steps. Pairs with fewer than three
 * steps in a block are dropped.
 */
export function pairChanges(blocks: readonly Block[], steps: readonly TimedStep[]): PairChange[] {
  const pairs = [...new Set(blocks.map(({ pair }) => pair))];
  return pairs.flatMap((pair) => {
    const meanOf = (hasScreen: boolean) => {
      const block = blocks.find((each) => each.pair === pair && each.hasScreen === hasScreen);
      return block && meanStep(stepsIn(block, steps));
    };
    const [without, withScreen] = [meanOf(false), meanOf(true)];
    if (without === undefined || withScreen === undefined) return [];
    return [{ pair, without, with: withScreen, change: withScreen / without - 1 }];
  });
}

/** The steps that began and ended within a block. */
export function stepsIn({ from, to }: Pick<Block, 'from' | 'to'>, steps: readonly TimedStep[]): TimedStep[] {
  return steps.filter(({ endedAt, milliseconds }) => endedAt - milliseconds >= from && endedAt <= to);
}

function meanStep(steps: readonly TimedStep[]): number | undefined {
  if (steps.length < 3) return undefined;
  return (steps.at(-1)!.endedAt - steps[0].endedAt) / (steps.length - 1);
}

/**
 * Returns the median and its distribution-free confidence interval of at least 95 %, between two order
 * statistics, by the sign test (David and Nagaraja, Order Statistics, 2003, 7.1); the interval is null for
 * too few values. A pair disturbed by other processes moves it no further than any other pair.
 */
export function medianInterval(values: readonly number[]): {
  readonly median: number;
  readonly interval: readonly [low: number, high: number] | null;
} {
  const sorted = values.toSorted((a, b) => a - b);
  const { length } = sorted;
  const median = (sorted[Math.floor((length - 1) / 2)] + sorted[Math.floor(length / 2)]) / 2;
  // The probability that exactly this many, and at most this many, are below the true median.
  let [chance, sum, below] = [0.5 ** length, 0.5 ** length, 0];
  while (sum <= 0.025) {
    chance *= (length - below) / (below + 1);
    below += 1;
    sum += chance;
  }
  return { median, interval: below === 0 ? null : [sorted[below - 1], sorted[length - below]] };
}
