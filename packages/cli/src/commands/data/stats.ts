import type { RewardStatistics } from '@rewardedit/data';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { withVariables } from '../../flags/flags.ts';
import { openTriplets, sourceFlags } from '../../flags/source-flags.ts';

/** So many pairs are looked at: enough to see that a dataset has such pairs, and few enough to take no time. */
const PAIRS = 500;

export default class DataStats extends BaseCommand<typeof DataStats> {
  static override summary = 'Show how the scores of a dataset are spread.';

  static override description = `Prints mean, spread and number of the scores from each perspective and how many are
missing, histograms, how the perspectives go together (Pearson's correlation), the means for each kind of edit, and the most
frequent feedback. Scores are those of rewards.jsonl beside the dataset, of --rewards, or of the dataset itself. Of
pictures, the first ${PAIRS} pairs are looked at: how many differ in size or shape; \`data inspect\` looks at all.`;

  static override examples = [
    {
      description: 'After a judge has scored a dataset',
      command: '<%= config.bin %> <%= command.id %> data/scenes',
    },
    {
      description: 'The published rewards, for a script',
      command:
        '<%= config.bin %> <%= command.id %> RewardEdit_20K.json --images clip-filtered-dataset --json',
    },
  ];

  static override args = {
    source: requiredArgument('Dataset with scores.'),
  };

  static override flags = withVariables('data stats', sourceFlags());

  protected async work(
    { source: path }: ArgumentsOf<typeof DataStats>,
    options: OptionsOf<typeof DataStats>,
  ): Promise<RewardStatistics> {
    const { rewardStatistics } = await import('@rewardedit/data');
    const { rewardReport } = await import('../../output/reward-report.ts');
    const source = await openTriplets(path, options);
    try {
      const found = await this.longWork({ phase: 'Reading', unit: 'rows' }, (emit, signal) =>
        rewardStatistics(source.rows(), { signal, emit, pairs: PAIRS }),
      );
      this.log(rewardReport(found));
      if (found.pairs !== undefined) this.log(pairsText(found.pairs));
      if (found.unusable > 0) {
        this.endInPart(`${found.unusable} rows are no triplets: \`data inspect\` says why.`);
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
  return `\nPairs looked at: ${compared}; ${found}.`;
}
