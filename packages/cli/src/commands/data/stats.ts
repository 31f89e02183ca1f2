import type { RewardStatistics } from '@rewardedit/data';
import { examples } from '../../flags/examples.ts';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { withVariables } from '../../flags/flags.ts';
import { openTriplets, sourceFlags } from '../../flags/source-flags.ts';

/** Pairs whose sizes are compared: enough to notice a mismatch, and few enough to take no time. */
const PAIRS = 500;

export default class DataStats extends BaseCommand<typeof DataStats> {
  static override summary = 'Show the distribution of the scores of a dataset.';

  static override description = `Prints mean, spread and count of the scores per perspective and how many are missing, histograms, the correlations between
perspectives (Pearson), the means per kind of edit, and the most frequent feedback. Scores are read from rewards.jsonl beside the dataset,
from --rewards, or from the dataset itself. The sizes of the first ${PAIRS} pairs of pictures are compared; \`data inspect\` checks all.`;

  static override examples = examples({
    'A scored dataset': 'data/scenes',
    'The published rewards, as JSON': 'RewardEdit_20K.json --images clip-filtered-dataset --json',
  });

  static override args = { source: requiredArgument('Dataset with scores.') };

  static override flags = withVariables('data stats', sourceFlags());

  protected async work(
    { source: path }: ArgumentsOf<typeof DataStats>,
    options: OptionsOf<typeof DataStats>,
  ): Promise<RewardStatistics> {
    const { rewardStatistics } = await import('@rewardedit/data');
    const { rewardReport } = await import('../../output/reward-report.ts');
    const source = await openTriplets(path, options);
    try {
      const found = await this.longWork({ phase: 'Reading', unit: 'rows' }, ({ emit, signal }) =>
        rewardStatistics(source.rows(), { signal, emit, pairs: PAIRS }),
      );
      this.log(rewardReport(found));
      if (found.pairs !== undefined) this.log(pairsText(found.pairs));
      if (found.unusable > 0) {
        this.endInPart(`${found.unusable} rows are not triplets; \`data inspect\` shows the reasons.`);
      }
      return found;
    } finally {
      await source.close();
    }
  }
}

function pairsText({ compared, otherSize, otherShape }: NonNullable<RewardStatistics['pairs']>): string {
  const found =
    otherSize === 0
      ? 'both pictures have the same size'
      : `${otherSize} have pictures of different sizes, ${otherShape} of different shapes`;
  return `\nPairs checked: ${compared}; ${found}.`;
}
