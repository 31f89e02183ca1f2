import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import type { MergeSummary, ShardSurvey } from '@rewardedit/annotate';
import { examples } from '../../flags/examples.ts';
import { datasetArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { withVariables } from '../../flags/flags.ts';
import { trainNext } from '../../output/next-command.ts';

export type MergeReport = MergeSummary & {
  readonly rewards: string;
  /** Number of shards. */
  readonly shards: number;
  /** Incomplete shards. */
  readonly missingShards: readonly string[];
};

export default class DataMerge extends BaseCommand<typeof DataMerge> {
  static override summary = 'Merge the shards of a dataset that was judged in parts.';

  static override description = `Merges what \`rewardedit annotate --shard\` wrote for each shard of a dataset into its rewards.jsonl and quarantine.jsonl, in
the order of the dataset: the same files that one run over the whole dataset would have written. First checks that all shards are
complete and unmodified, and have the same split, judge and metadata. The files of the shards and human corrections are kept.`;

  static override examples = examples({
    'Merge all shards, or list the missing ones with the commands to run them': 'data/scenes',
    'Merge the shards that are complete so far': 'data/scenes --allow-incomplete',
  });

  static override args = { dataset: datasetArgument };

  static override flags = withVariables('data merge', {
    rewards: Flags.string({
      summary: 'Rewards journal to merge into; rewards.jsonl in the dataset folder by default.',
      helpValue: 'FILE',
    }),
    'allow-incomplete': Flags.boolean({
      summary: 'Merge the complete shards even if others are missing; the exit code is then 68.',
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
      this.note(`${quarantined} were quarantined; see quarantine.jsonl beside the rewards for the reasons.`);
    if (missing.length > 0) {
      this.endInPart();
      const left = triplets - judged - quarantined;
      const commands = commandsFor(survey, missingShards, path).join('\n');
      this.note(`${left} are in incomplete shards. These commands complete them:\n${commands}`);
    }
    if (judged > 0) this.suggestNext(trainNext(path));
    return { rewards: journal, shards: of, missingShards, ...summary };
  }
}

/** The commands that run the missing shards: the command of a complete shard with another --shard. */
function commandsFor({ complete }: ShardSurvey, shards: readonly string[], path: string): string[] {
  const [done] = complete.values();
  const words = done?.command ?? ['annotate', path];
  return shards.map((shard) => ['rewardedit', ...words, '--shard', shard].map(shellWord).join(' '));
}
