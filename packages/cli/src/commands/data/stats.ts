import type { RewardStatistics } from '@rewardedit/data';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { withVariables } from '../../flags/flags.ts';
import { openTriplets, sourceFlags } from '../../flags/source-flags.ts';

export default class DataStats extends BaseCommand<typeof DataStats> {
  static override summary = 'Show how the scores of a dataset are spread.';

  static override description = `Prints mean, spread and number of the scores from each perspective and how many are
missing, histograms, how the perspectives go together (Pearson's correlation), the means for each kind of edit, and the most
frequent feedback. Scores are those of rewards.jsonl beside the dataset, of --rewards, or of the dataset itself. Pictures
are not read.`;

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
        rewardStatistics(source.rows(), { signal, emit }),
      );
      this.log(rewardReport(found));
      if (found.unusable > 0) {
        this.endInPart(`${found.unusable} rows are no triplets: \`data inspect\` says why.`);
      }
      return found;
    } finally {
      await source.close();
    }
  }
}
