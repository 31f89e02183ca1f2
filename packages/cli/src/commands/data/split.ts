import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { SplitSummary } from '@rewardedit/data';
import { examples } from '../../flags/examples.ts';
import { datasetArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { numberFlag, seedFlag, withVariables } from '../../flags/flags.ts';
import { nextForDataset } from '../../output/next-command.ts';
import { formatTable } from '../../output/table.ts';

export default class DataSplit extends BaseCommand<typeof DataSplit> {
  static override summary = 'Split a dataset so that no source picture is in two parts.';

  static override description = `Writes train.jsonl, test.jsonl and, if requested, validation.jsonl into the dataset folder: views that refer to the same pictures
and share rewards.jsonl. All triplets whose originals have the same bytes go to the same part, whatever the file names; so do the turns
of a multi-turn edit, in which one triplet's edit is the next one's original, and with --near originals that look alike. A hash of the
picture and the seed decides the part, so triplets added later do not move others (unless they connect two groups). Finally the views
are read back to verify that no source picture is in two parts.`;

  static override examples = examples({
    'Hold out a tenth for testing': 'data/mine --test 0.1',
    'Three parts, keeping resized copies of a photo together':
      'data/mine --test 0.1 --validation 0.1 --near 4',
  });

  static override args = { dataset: datasetArgument };

  static override flags = withVariables('data split', {
    test: numberFlag({ summary: 'Share of source pictures in the test part.', default: 0.1, min: 0, max: 1 }),
    validation: numberFlag({
      summary: 'Share of source pictures in the validation part.',
      default: 0,
      min: 0,
      max: 1,
    }),
    seed: seedFlag(),
    near: Flags.integer({
      summary:
        'Keep near-duplicate source pictures together: how many of the 64 bits of their perceptual hashes may differ.',
      min: 0,
      max: 15,
    }),
  });

  protected async work(
    { dataset: path }: ArgumentsOf<typeof DataSplit>,
    { test, validation, seed, near }: OptionsOf<typeof DataSplit>,
  ): Promise<SplitSummary> {
    const { keepHeapSmall } = await import('@rewardedit/core');
    const { splitDataset } = await import('@rewardedit/data');
    keepHeapSmall();
    if (test + validation > 1) {
      throw new RewardEditError('usage', 'the shares add up to more than 1', {
        where: '--test and --validation',
      });
    }
    const { dataset, triplets } = await openFilledDataset(path);
    const summary = await this.longWork(
      { phase: 'Looking at pictures', unit: 'triplets', total: triplets },
      ({ emit, signal }) =>
        splitDataset({
          dataset,
          test,
          validation,
          seed,
          near,
          signal,
          emit,
        }),
    );
    const { parts, groups, largestGroup, unreadable, leaked } = summary;
    const rows = Object.values(parts).map(({ file, triplets: count, pictures }) => [file, count, pictures]);
    this.log(formatTable(['view', 'triplets', 'source pictures'], rows));
    this.log(
      `\n${groups} groups of source pictures; the largest has ${largestGroup}. Source pictures in two parts: ${leaked}.`,
    );
    if (leaked > 0) throw new RewardEditError('failed', 'source pictures are in two parts', { where: path });
    if (unreadable > 0) {
      this.endInPart(`${unreadable} triplets are in no part, because a picture cannot be read.`);
    }
    const { file } = parts.train ?? {};
    if (file !== undefined) this.suggestNext(await nextForDataset(file));
    return summary;
  }
}
