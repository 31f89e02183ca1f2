import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { Inspection } from '@rewardedit/data';
import { examples } from '../../flags/examples.ts';
import { requiredArgument } from '../../flags/arguments.ts';
import { distanceFlag, withVariables } from '../../flags/flags.ts';
import { openTriplets, sourceFlags } from '../../flags/source-flags.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';

export type DatasetReport = {
  /** The page. */
  readonly out: string;
  readonly rows: number;
  /** Rows that are triplets with readable pictures. */
  readonly usable: number;
  /** Triplets that duplicate an earlier one. */
  readonly duplicates: { readonly exact: number; readonly near: number };
  readonly problems: Inspection['problems'];
};

export default class DataReport extends BaseCommand<typeof DataReport> {
  static override summary = 'Write an HTML report on the quality of a dataset.';

  static override description = `Reads a dataset of any format, and writes one self-contained HTML file: its contents, the distribution of the scores, the kinds
of edits, the triplets with the highest and the lowest scores, duplicates (identical files, or pictures that look alike), and missing
or invalid data.`;

  static override examples = examples({
    'A scored dataset': 'data/mine',
    'A published dataset, with more examples per section':
      'magicbrush/data --out magicbrush.html --examples 24',
  });

  static override args = { source: requiredArgument('Dataset to report on.') };

  static override flags = withVariables('data report', {
    ...sourceFlags(),
    out: Flags.string({
      summary:
        'File to write; by default report.html in the dataset folder, or NAME.report.html in the current folder for a dataset in one file.',
      helpValue: 'FILE',
    }),
    examples: Flags.integer({
      summary: 'Number of example triplets per section.',
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
      const inspection = await this.longWork({ phase: 'Reading', unit: 'rows' }, ({ emit, signal }) =>
        inspectSource(source, { signal, emit }),
      );
      const total = inspection.rows;
      const statistics = await this.longWork({ phase: 'Counting', unit: 'rows', total }, ({ emit, signal }) =>
        rewardStatistics(source.rows(), { signal, emit }),
      );
      const examples = await this.longWork({ phase: 'Comparing', unit: 'rows', total }, ({ emit, signal }) =>
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
        this.endInPart(
          `${rows - usable} of ${rows} rows are unusable; the report gives the reasons for the first ones.`,
        );
      }
      return { out, rows, usable, duplicates: { exact: exact.count, near: near.count }, problems };
    } finally {
      await source.close();
    }
  }
}
