import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import type { FilterSummary } from '@rewardedit/data';
import { datasetArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { distanceFlag, withVariables } from '../../flags/flags.ts';

/** How duplicates are told, written out so that starting stays quick. */
const DEDUPLICATIONS = ['exact', 'near'] as const;

export type FilterReport = FilterSummary & {
  /** The view that was written. */
  readonly out: string;
  readonly triplets: number;
};

export default class DataFilter extends BaseCommand<typeof DataFilter> {
  static override summary = 'Keep the triplets of a dataset for which a condition on their scores holds.';

  static override description = `Writes a view of a dataset folder: a .jsonl file in the folder with the lines that are
kept. It names the same pictures and shares rewards.jsonl, so nothing is copied, and every command takes it in the place of
the folder.

A condition compares numbers (following, preserving, quality, mean, min, and measures such as preserve.psnr) with <, <=, >, >=, =, !=, and texts (kind,
instruction, description, id) with =, != and contains; it is put together with and, or, not and parentheses, and
missing(quality) is true where there is no such score. As in SQL, what depends on a missing score is neither true nor false: such
triplets are left out, and counted apart. mean and min are there where all three scores are.

Duplicates are triplets with the same bytes of both pictures and the same instruction (exact), or with pictures that look
alike and the same instruction (near); the first of them is kept.`;

  static override examples = [
    {
      description: 'The triplets that a judge found good',
      command: `<%= config.bin %> <%= command.id %> data/scenes --where 'following >= 4 and min > 3' --out good.jsonl`,
    },
    {
      description: 'Each triplet once, whatever its scores',
      command: '<%= config.bin %> <%= command.id %> data/scenes --deduplicate near --out unique.jsonl',
    },
  ];

  static override args = {
    dataset: datasetArgument,
  };

  static override flags = withVariables('data filter', {
    where: Flags.string({ summary: 'Condition that has to hold.', helpValue: 'CONDITION' }),
    deduplicate: Flags.option({ summary: 'Leave out duplicates.', options: DEDUPLICATIONS })(),
    distance: distanceFlag(),
    out: Flags.string({
      summary: 'File to write in the folder of the dataset.',
      default: 'filtered.jsonl',
      helpValue: 'NAME',
    }),
    rewards: Flags.string({
      summary: 'Journal of rewards; rewards.jsonl in the dataset folder by default.',
      helpValue: 'FILE',
    }),
  });

  protected async work(
    { dataset: path }: ArgumentsOf<typeof DataFilter>,
    options: OptionsOf<typeof DataFilter>,
  ): Promise<FilterReport> {
    const { filterDataset, parseExpression, viewPath } = await import('@rewardedit/data');
    const { openRewardIndex, rewardsPath } = await import('@rewardedit/annotate');
    const { keepHeapSmall } = await import('@rewardedit/core');
    keepHeapSmall();
    assertSomethingToDo(options);
    const where = options.where === undefined ? undefined : parseExpression(options.where);
    const usesKind = /\bkind\b/.test(options.where ?? '');
    const usesMeasures = /\w\.\w/.test(options.where ?? '');
    const { dataset, triplets } = await openFilledDataset(path);
    const out = viewPath(dataset, options.out);
    const rewards = await openRewardIndex(options.rewards ?? rewardsPath(dataset));
    const { deduplicate: how, distance } = options;
    try {
      const summary = await this.longWork(
        { phase: 'Filtering', unit: 'triplets', total: triplets },
        (emit, signal) =>
          filterDataset({
            dataset,
            out,
            where,
            deduplicate: how && { how, distance },
            answerOf: async (id) => ({
              reward: await rewards.get(id),
              ...(usesKind && { kind: await rewards.kind(id) }),
              ...(usesMeasures && { measures: await rewards.measures(id) }),
            }),
            signal,
            emit,
          }),
      );
      return this.conclude({ out, triplets, ...summary });
    } finally {
      await rewards.close();
    }
  }

  private conclude(report: FilterReport): FilterReport {
    const { out, triplets, kept, rejected, unknown, duplicates, unreadable } = report;
    const left = [
      [rejected, 'for which the condition is false'],
      [unknown, 'for which it depends on something missing'],
      [duplicates, 'that are duplicates'],
      [unreadable, 'with a picture that cannot be read'],
    ] as const;
    this.log(`${out} has ${kept} of ${triplets} triplets.`);
    for (const [count, why] of left) if (count > 0) this.log(`Left out: ${count} ${why}.`);
    if (unreadable > 0) {
      this.endInPart();
    }
    if (kept > 0) this.suggestNext(`data stats ${shellWord(out)}`);
    return report;
  }
}

function assertSomethingToDo({ where, deduplicate }: OptionsOf<typeof DataFilter>): void {
  if (where !== undefined || deduplicate !== undefined) return;
  throw new RewardEditError('usage', 'there is nothing to filter by', {
    hint: 'give --where, --deduplicate, or both',
  });
}
