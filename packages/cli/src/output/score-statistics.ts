import { PERSPECTIVES, type Perspective, type Reward } from '@rewardedit/core';

/** The scores of one perspective over a dataset. */
export type ScoreStatistics = {
  /** Absent where there is no score. */
  readonly mean?: number;
  /** Standard deviation of the scores. */
  readonly deviation?: number;
  readonly count: number;
  /** Triplets without this score. */
  readonly missing: number;
};

/** Mean, spread and number of scores for each perspective; of `triplets` in all, the rest is missing. */
export async function scoreStatistics(
  rewards: AsyncIterable<Reward> | Iterable<Reward>,
  triplets: number,
): Promise<Record<Perspective, ScoreStatistics>> {
  const sums = Object.fromEntries(PERSPECTIVES.map((name) => [name, { count: 0, mean: 0, squares: 0 }]));
  for await (const { scores } of rewards) {
    for (const name of PERSPECTIVES) {
      const score = scores[name];
      if (score === undefined) continue;
      // Welford's running mean and sum of squared deviations.
      const sum = sums[name];
      const distance = score - sum.mean;
      sum.count += 1;
      sum.mean += distance / sum.count;
      sum.squares += distance * (score - sum.mean);
    }
  }
  const statistics = PERSPECTIVES.map((name): [Perspective, ScoreStatistics] => {
    const { count, mean, squares } = sums[name];
    const missing = triplets - count;
    return [
      name,
      count === 0 ? { count, missing } : { mean, deviation: Math.sqrt(squares / count), count, missing },
    ];
  });
  return Object.fromEntries(statistics) as Record<Perspective, ScoreStatistics>;
}
