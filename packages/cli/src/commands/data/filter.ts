import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import type { FilterSummary } from '@rewardedit/data';
import { examples } from '../../flags/examples.ts';
import { datasetArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { distanceFlag, rewardsFlag, withVariables } from '../../flags/flags.ts';

/** Repeated here so that `--help` loads no data package. */
const DEDUPLICATIONS = ['exact', 'near'] as const;

export type FilterReport = FilterSummary & {
  /** The view that was written. */
  readonly out: string;
  readonly triplets: number;
};

export default class DataFilter extends BaseCommand<typeof DataFilter> {
  static override summary = 'Keep the triplets of a dataset whose scores meet a condition.';

  static override description = `Writes a view of a dataset: a .jsonl file in the dataset folder with the lines of the triplets that are kept. It refers to the
same pictures and shares rewards.jsonl, so nothing is copied, and every command accepts it in place of the folder.

A condition compares numbers (following, preserving, quality, mean, min, and measures such as preserve.psnr) using <, <=, >, >=, =, !=,
and texts (kind, instruction, description, id) using =, != and contains. Combine conditions with and, or, not and parentheses.
missing(quality) is true if there is no such score. As in SQL, a comparison with a missing score is neither true nor false; such
triplets are left out and counted separately. mean and min need all three scores.

Duplicates are triplets with the same instruction and the same bytes in both pictures (exact), or pictures that look alike
(near). The first of them is kept.`;

  static override examples = examples({
    'Triplets with high scores': `data/scenes --where 'following >= 4 and min > 3' --out good.jsonl`,
    'Each triplet once, whatever its scores': 'data/scenes --deduplicate near --out unique.jsonl',
  });

  static override args = { dataset: datasetArgument };

  static override flags = withVariables('data filter', {
    where: Flags.string({ summary: 'Condition to meet.', helpValue: 'CONDITION' }),
    deduplicate: Flags.option({ summary: 'Remove duplicates.', options: DEDUPLICATIONS })(),
    distance: distanceFlag(),
    out: Flags.string({
      summary: 'Name of the view to write in the dataset folder.',
      default: 'filtered.jsonl',
      helpValue: 'NAME',
    }),
    rewards: rewardsFlag(),
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
        ({ emit, signal }) =>
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
      [rejected, 'that do not meet the condition'],
      [unknown, 'that lack a score that the condition needs'],
      [duplicates, 'that are duplicates'],
      [unreadable, 'with an unreadable picture'],
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
    hint: 'add --where, --deduplicate or both',
  });
}
