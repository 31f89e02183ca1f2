/** A training step, in milliseconds since 1970. */
export type TimedStep = { readonly endedAt: number; readonly milliseconds: number };

/** A time in which a screen was at work beside the training, or was not. */
export type Block = {
  readonly pair: number;
  readonly hasScreen: boolean;
  readonly from: number;
  readonly to: number;
};

export type PairChange = {
  readonly pair: number;
  /** Milliseconds of a step, in the mean of all that lie within the block. */
  readonly without: number;
  readonly with: number;
  /** By how much a step is longer with a screen. */
  readonly change: number;
};

/**
 * What a screen changed in each pair of blocks. The mean of a block is the time between its first step and its last one, so that a few
 * steps that are much longer count, and all that lies between two steps. A pair of which a block has fewer than three steps is left out.
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
 * The median of some values, and the interval that holds the true one with at least 95 %, whatever they are spread like: that between two
 * of them, by the sign test (David and Nagaraja, Order Statistics, 2003, 7.1). Null where they are too few. A pair that something else on
 * the machine disturbed moves it no further than any other.
 */
export function medianInterval(values: readonly number[]): {
  readonly median: number;
  readonly interval: readonly [low: number, high: number] | null;
} {
  const sorted = values.toSorted((a, b) => a - b);
  const { length } = sorted;
  const median = (sorted[Math.floor((length - 1) / 2)] + sorted[Math.floor(length / 2)]) / 2;
  // How likely it is that just so many are below the true median, and that so many are at most.
  let [chance, sum, below] = [0.5 ** length, 0.5 ** length, 0];
  while (sum <= 0.025) {
    chance *= (length - below) / (below + 1);
    below += 1;
    sum += chance;
  }
  return { median, interval: below === 0 ? null : [sorted[below - 1], sorted[length - below]] };
}
