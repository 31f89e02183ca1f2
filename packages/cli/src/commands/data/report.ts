import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { Inspection } from '@rewardedit/data';
import { requiredArgument } from '../../flags/arguments.ts';
import { distanceFlag, withVariables } from '../../flags/flags.ts';
import { openTriplets, sourceFlags } from '../../flags/source-flags.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';

export type DatasetReport = {
  /** The page. */
  readonly out: string;
  readonly rows: number;
  /** Rows that are triplets whose pictures can be read. */
  readonly usable: number;
  /** Triplets that repeat an earlier one. */
  readonly duplicates: { readonly exact: number; readonly near: number };
  readonly problems: Inspection['problems'];
};

export default class DataReport extends BaseCommand<typeof DataReport> {
  static override summary = 'Write a page that shows how good a dataset is.';

  static override description = `Reads a dataset of any format, and writes one HTML file that needs nothing else: what is in
it, how the scores are spread, the kinds of edits, the triplets with the highest and the lowest scores, what repeats an earlier
triplet (the same bytes, or pictures that look alike), and what is missing or wrong.`;

  static override examples = [
    {
      description: 'A dataset that a judge has scored',
      command: '<%= config.bin %> <%= command.id %> data/mine',
    },
    {
      description: 'A published one, with more examples of each sort',
      command: '<%= config.bin %> <%= command.id %> magicbrush/data --out magicbrush.html --examples 24',
    },
  ];

  static override args = {
    source: requiredArgument('Dataset to report on.'),
  };

  static override flags = withVariables('data report', {
    ...sourceFlags(),
    out: Flags.string({
      summary:
        'File to write; report.html in the dataset folder, or NAME.report.html in the current folder, by default.',
      helpValue: 'FILE',
    }),
    examples: Flags.integer({
      summary: 'How many triplets of each sort to show.',
      default: 12,
      min: 0,
      max: 200,
    }),
    distance: distanceFlag(),
  });

  protected async work(
    { source: path }: ArgumentsOf<typeof DataReport>,
    options: OptionsOf<typeof DataReport>,
  ): Promise<DatasetReport> {
    const { collectExamples, inspectSource, rewardStatistics } = await import('@rewardedit/data');
    const { writeDatasetReport } = await import('@rewardedit/report');
    const { examples: most, distance } = options;
    const source = await openTriplets(path, options);
    try {
      const inspection = await this.longWork({ phase: 'Reading', unit: 'rows' }, (emit, signal) =>
        inspectSource(source, { signal, emit }),
      );
      const total = inspection.rows;
      const statistics = await this.longWork({ phase: 'Counting', unit: 'rows', total }, (emit, signal) =>
        rewardStatistics(source.rows(), { signal, emit }),
      );
      const examples = await this.longWork({ phase: 'Comparing', unit: 'rows', total }, (emit, signal) =>
        collectExamples(source, { most, distance, signal, emit }),
      );
      const name = basename(resolve(path));
      const isFolder = statSync(path).isDirectory();
      const out = options.out ?? (isFolder ? join(path, 'report.html') : `${name}.report.html`);
      await writeDatasetReport({ inspection, statistics, examples }, { title: name, path: out });
      const { rows, usable, problems } = inspection;
      const { exact, near } = examples.duplicates;
      this.log(`The report is in ${out}.`);
      if (usable < rows) {
        this.endInPart(`${rows - usable} of ${rows} rows cannot be used: the report says why of the first.`);
      }
      return { out, rows, usable, duplicates: { exact: exact.count, near: near.count }, problems };
    } finally {
      await source.close();
    }
  }
}
