import { Flags } from '@oclif/core';
import type { AgreementReport, ComparisonAgreement, Ratings } from '@rewardedit/eval';
import { printable } from '@rewardedit/core/text';
import { examples } from '../flags/examples.ts';
import { severalArguments } from '../flags/arguments.ts';
import { agreementRemarks } from '../output/agreement-remarks.ts';
import {
  agreementTable,
  correlationTable,
  costTable,
  differenceTable,
  raterTable,
} from '../output/agreement-tables.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { bootstrapFlag, seedFlag, withVariables } from '../flags/flags.ts';

export default class Agreement extends BaseCommand<typeof Agreement> {
  static override summary = 'Measure how far a judge agrees with humans, or with another judge.';

  static override description = `Compares scores of the same items, per perspective and overall: Spearman's rank correlation per group, its
Fisher mean over groups, and the correlation over all items, with 95 % intervals; also Kendall's tau-b, pairwise accuracy,
Krippendorff's alpha and weighted kappa. An undefined figure, such as the correlation with a constant, is printed as a dash, never as 0.

Reads two kinds of files, both with one JSON object per line: ratings of edits by humans and a judge (fields uid, editor, human, judge;
the groups are the editors), or two or more rewards journals such as rewards.jsonl, which are compared with each other. The reference
is the journal whose judge is "human", otherwise the first one. Two judges with the same reference are also compared with each other,
on the items that all three scored: the difference of their correlations, with its interval.

If the journals record what the answers cost, a table shows calls, tokens and dollars per 1,000 triplets next to the agreement, and
dollars divided by agreement; for a cascade also per stage, with the number of triplets that each stage scored and decided.`;

  static override examples = examples({
    "A judge against humans' ratings": 'viescore.jsonl',
    'Two judges of the same dataset, per kind of edit': 'oracle.jsonl other.jsonl --dataset data/scenes',
    'A judge against human corrections, as JSON': 'rewards.jsonl corrections.jsonl --json',
  });

  static override args = { file: severalArguments('Rating files, or rewards journals.') };

  static override flags = withVariables('agreement', {
    dataset: Flags.string({
      summary: 'Dataset that the journals belong to; groups are then its kinds of edits.',
      helpValue: 'PATH',
    }),
    bootstrap: bootstrapFlag(2000),
    seed: seedFlag(),
    strict: Flags.boolean({
      summary:
        'Treat answers with too few scores as missing, and values that differ only by rounding as ties.',
    }),
  });

  protected async work(
    { file: files }: ArgumentsOf<typeof Agreement>,
    { dataset, bootstrap: resamples, seed, strict }: OptionsOf<typeof Agreement>,
  ): Promise<AgreementReport> {
    const { countResamples, measureAgreement } = await import('@rewardedit/eval');
    const ratings = await this.read(files, { dataset, strict });
    const report = await this.longWork(
      { phase: 'Resampling', unit: 'resamples', total: countResamples(ratings, resamples) },
      ({ emit, signal }) =>
        measureAgreement(ratings, {
          resamples,
          seed,
          signal,
          onResample: (done) => emit({ type: 'progress', done }),
        }),
    );
    for (const comparison of report.comparisons) this.show(comparison);
    for (const difference of report.differences) {
      const { judge, other, reference } = difference;
      this.log(printable(`${judge} less ${other}, against ${reference}\n`));
      this.log(`${differenceTable(difference)}\n`);
    }
    const costs = costTable(report);
    if (costs !== undefined) this.log(`${costs}\n`);
    for (const remark of agreementRemarks(report)) this.note(remark);
    return report;
  }

  private async read(
    files: readonly string[],
    options: { dataset: string | undefined; strict: boolean },
  ): Promise<Ratings> {
    const { readRatings } = await import('@rewardedit/eval');
    return this.longWork(
      { phase: 'Reading', unit: 'files', total: files.length },
      async ({ emit, signal }) => {
        const onLine = (file: number) => {
          signal.throwIfAborted();
          emit({ type: 'progress', done: file });
        };
        const ratings = await readRatings(files, { ...options, onLine });
        emit({ type: 'progress', done: files.length });
        return ratings;
      },
    );
  }

  private show(comparison: ComparisonAgreement): void {
    const { judge, reference } = comparison;
    this.log(printable(`${judge} against ${reference}\n`));
    const tables = [correlationTable(comparison), agreementTable(comparison), raterTable(comparison)];
    for (const table of tables) if (table !== undefined) this.log(`${table}\n`);
  }
}
