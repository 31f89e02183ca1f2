import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { SplitSummary } from '@rewardedit/data';
import { datasetArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { numberFlag, seedFlag, withVariables } from '../../flags/flags.ts';
import { nextForDataset } from '../../output/next-command.ts';
import { formatTable } from '../../output/table.ts';

export default class DataSplit extends BaseCommand<typeof DataSplit> {
  static override summary = 'Split a dataset so that no source picture is in two parts.';

  static override description = `Writes train.jsonl, test.jsonl and, if asked for, validation.jsonl into the dataset
folder: views that name the same pictures and share rewards.jsonl. All triplets whose originals have the same bytes land in
the same part, however the files are called; so do the steps of an edit in turns, where one triplet's edit is the next one's
original; and with --near those whose originals look alike. The part goes by a hash of the picture and the seed, so triplets
that are added later move no other (unless they join two groups). The views are read again at the end, to count source pictures in two
parts.`;

  static override examples = [
    {
      description: 'A tenth to measure with',
      command: '<%= config.bin %> <%= command.id %> data/mine --test 0.1',
    },
    {
      description: 'Three parts, with copies of a photo in other sizes kept together',
      command: '<%= config.bin %> <%= command.id %> data/mine --test 0.1 --validation 0.1 --near 4',
    },
  ];

  static override args = {
    dataset: datasetArgument,
  };

  static override flags = withVariables('data split', {
    test: numberFlag({ summary: 'Share of the source pictures to test with.', default: 0.1, min: 0, max: 1 }),
    validation: numberFlag({ summary: 'Share of them to validate with.', default: 0, min: 0, max: 1 }),
    seed: seedFlag(),
    near: Flags.integer({
      summary:
        'Perceptual hashes: of their 64 bits, how many may differ between source pictures that are kept together.',
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
      throw new RewardEditError('usage', 'the shares are more than all of it', {
        where: '--test and --validation',
      });
    }
    const { dataset, triplets } = await openFilledDataset(path);
    const summary = await this.longWork(
      { phase: 'Looking at pictures', unit: 'triplets', total: triplets },
      (emit, signal) =>
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
      `\n${groups} groups of source pictures, the largest of ${largestGroup}. Source pictures in two parts: ${leaked}.`,
    );
    if (leaked > 0) throw new RewardEditError('failed', 'source pictures are in two parts', { where: path });
    if (unreadable > 0) {
      this.endInPart(`${unreadable} triplets are in no part, since a picture cannot be read.`);
    }
    const { file } = parts.train ?? {};
    if (file !== undefined) this.suggestNext(await nextForDataset(file));
    return summary;
  }
}
