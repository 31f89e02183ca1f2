import type { PairAnswer } from '@rewardedit/annotate';
import {
  clusteredMean,
  clusterSums,
  type ClusteredValue,
  type MeanInterval,
} from '../statistics/clustered-mean.ts';
import { holm } from '../statistics/holm.ts';
import { signFlipTest } from '../statistics/sign-flip-test.ts';

/** A share from 0 to 1 with its 95 % interval and p-value against one half. */
export interface Share {
  /** Null if there are no pairs. */
  readonly share: MeanInterval | null;
  /** Two-sided, by flipping the signs of whole originals; with one pair an original and without ties this is the sign test. */
  readonly pValue: number;
}

/** How two editors compare in one respect. */
export interface PairComparison {
  /** The choice that was compared, such as `overall`. */
  readonly choice: string;
  /** Pairs that were answered in both orders, and the remaining ones. */
  readonly pairs: number;
  readonly missing: number;
  /** Pairs with the same edit chosen in both orders. */
  readonly wins: number;
  readonly losses: number;
  /** Pairs with neither edit chosen in either order. */
  readonly ties: number;
  /** Pairs with different answers in the two orders: the position of an edit decided. */
  readonly orderDecides: number;
  /** Mean of all answers: 1 if the edit was chosen, 0 if the other one, 0.5 if neither. */
  readonly winRate: Share & { readonly correctedPValue: number };
  /** How often the edit in the first position was chosen: one half if the judge has no position bias. */
  readonly firstPlace: Share;
}

/**
 * Compares two editors by a judge's answers about pairs of their edits, each shown in both orders. Intervals and tests keep the
 * pairs of one original together.
 *
 * @param total the number of pairs, answered or not.
 */
export function measurePairs(
  answers: readonly PairAnswer[],
  { total, seed }: { readonly total: number; readonly seed: number },
): PairComparison[] {
  const choices = [...new Set(answers.flatMap((answer) => Object.keys(answer.choices)))];
  const measured = choices.map((choice) => measureChoice(choice, answers, { total, seed }));
  const corrected = holm(measured.map(({ winRate }) => winRate.pValue));
  return measured.map((comparison, i) => ({
    ...comparison,
    winRate: { ...comparison.winRate, correctedPValue: corrected[i] },
  }));
}

type Uncorrected = Omit<PairComparison, 'winRate'> & { readonly winRate: Share };

function measureChoice(
  choice: string,
  answers: readonly PairAnswer[],
  { total, seed }: { readonly total: number; readonly seed: number },
): Uncorrected {
  const both = answers.flatMap(({ id, original = id, choices }) =>
    choices[choice] === undefined ? [] : [{ cluster: original, ...choices[choice] }],
  );
  const counts = { wins: 0, losses: 0, ties: 0, orderDecides: 0 };
  for (const { first, second } of both) {
    const [chosen, turned] = [first, second].map((preference) => Math.sign(preference - 0.5));
    if (chosen !== turned) counts.orderDecides += 1;
    else counts[chosen > 0 ? 'wins' : chosen < 0 ? 'losses' : 'ties'] += 1;
  }
  const share = (of: (answer: (typeof both)[number]) => number) =>
    measureShare(
      both.map((answer) => ({ cluster: answer.cluster, value: of(answer) })),
      seed,
    );
  return {
    choice,
    pairs: both.length,
    missing: total - both.length,
    ...counts,
    winRate: share(({ first, second }) => (first + second) / 2),
    firstPlace: share(({ first, second }) => (first + 1 - second) / 2),
  };
}

function measureShare(values: readonly ClusteredValue[], seed: number): Share {
  const fromHalf = values.map(({ cluster, value }) => ({ cluster, value: value - 0.5 }));
  return {
    share: clusteredMean(values, { seed, range: [0, 1] }),
    pValue: signFlipTest(clusterSums(fromHalf).sums, seed),
  };
}
