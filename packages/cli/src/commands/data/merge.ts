import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import type { MergeSummary, ShardSurvey } from '@rewardedit/annotate';
import { datasetArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { withVariables } from '../../flags/flags.ts';
import { trainNext } from '../../output/next-command.ts';

export type MergeReport = MergeSummary & {
  readonly rewards: string;
  /** How many shards there are to be. */
  readonly shards: number;
  /** Those that are not complete. */
  readonly missingShards: readonly string[];
};

export default class DataMerge extends BaseCommand<typeof DataMerge> {
  static override summary = 'Put the shards of a dataset that was judged in parts together.';

  static override description = `Joins what \`rewardedit annotate --shard\` wrote for each part of a dataset into its
rewards.jsonl and quarantine.jsonl, in the order of the dataset: the same files that one run over the whole dataset would have
written. Checks before that all shards are complete, of the same split, judge and metadata, and as they were written. The
files of the shards stay, and so do people's corrections.`;

  static override examples = [
    {
      description: 'Merge the shards of a dataset, or say which are missing and how to do them',
      command: '<%= config.bin %> <%= command.id %> data/scenes',
    },
    {
      description: 'Look at what is there before the last shards are done',
      command: '<%= config.bin %> <%= command.id %> data/scenes --allow-incomplete',
    },
  ];

  static override args = {
    dataset: datasetArgument,
  };

  static override flags = withVariables('data merge', {
    rewards: Flags.string({
      summary: 'The journal that the shards are parts of; rewards.jsonl in the dataset folder by default.',
      helpValue: 'FILE',
    }),
    'allow-incomplete': Flags.boolean({
      summary: 'Merge the shards that are complete; the exit code is 68 where others are missing.',
    }),
  });

  protected async work(
    { dataset: path }: ArgumentsOf<typeof DataMerge>,
    { rewards, 'allow-incomplete': allowIncomplete }: OptionsOf<typeof DataMerge>,
  ): Promise<MergeReport> {
    const { formatShard, mergeShards, surveyShards } = await import('@rewardedit/annotate');
    const { dataset } = await openFilledDataset(path);
    const survey = await surveyShards(dataset, rewards);
    const { of, missing, journal } = survey;
    const missingShards = missing.map((index) => formatShard({ index, of }));
    if (missing.length > 0 && !allowIncomplete) {
      throw new RewardEditError('bad-input', `${missing.length} of ${of} shards are not complete`, {
        where: journal,
        hint: ['run these commands, then this one again:', ...commandsFor(survey, missingShards, path)].join(
          '\n',
        ),
      });
    }
    const summary = await mergeShards(dataset, survey);
    const { triplets, judged, quarantined } = summary;
    this.log(
      `Merged ${of - missing.length} of ${of} shards into ${journal}: ${judged} of ${triplets} triplets have a full reward.`,
    );
    if (quarantined > 0)
      this.note(`${quarantined} were set aside: quarantine.jsonl beside the rewards says why.`);
    if (missing.length > 0) {
      this.endInPart();
      const left = triplets - judged - quarantined;
      const commands = commandsFor(survey, missingShards, path).join('\n');
      this.note(`${left} are in shards that are not complete, which these commands do:\n${commands}`);
    }
    if (judged > 0) this.suggestNext(trainNext(path));
    return { rewards: journal, shards: of, missingShards, ...summary };
  }
}

/** The commands that do shards which are missing: that which did another one, with another shard. */
function commandsFor({ complete }: ShardSurvey, shards: readonly string[], path: string): string[] {
  const [done] = complete.values();
  const words = done?.command ?? ['annotate', path];
  return shards.map((shard) => ['rewardedit', ...words, '--shard', shard].map(shellWord).join(' '));
}
