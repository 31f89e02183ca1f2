import { Flags } from '@oclif/core';
import type { AgreementReport, ComparisonAgreement, Ratings } from '@rewardedit/eval';
import { printable } from '@rewardedit/core/text';
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
  static override summary = 'Tell how far a judge agrees with humans, or with another judge.';

  static override description = `Compares values of the same items from each perspective and overall: rank correlation
by group, its Fisher mean, and over all items, both with a 95 % interval; Kendall's tau-b, pairwise accuracy, Krippendorff's
alpha and weighted kappa. A figure that is not defined, such as the correlation with a constant, is a dash, never 0.

Reads two kinds of files, one JSON object a line. Either edits with what humans and a judge say of them (uid, editor, human,
judge; groups are the editors), or two or more journals of rewards such as rewards.jsonl, which are compared each with each. A
journal whose judge is "human" is what the others are held against; otherwise it is the one that is named first. Two judges held
against the same one are compared on the items that all three have: the difference of their correlations, with its interval.

Where journals tell what answers took, a table shows it beside the agreement: calls, tokens, dollars for 1,000 triplets, and those divided by
the agreement; of a cascade also stage by stage, with how many triplets each was asked about and had the last word on.`;

  static override examples = [
    {
      description: "How good a judge is, by humans' ratings",
      command: '<%= config.bin %> <%= command.id %> viescore.jsonl',
    },
    {
      description: 'Two judges of the same dataset, by the kind of edit',
      command: '<%= config.bin %> <%= command.id %> oracle.jsonl other.jsonl --dataset data/scenes',
    },
    {
      description: 'A judge and what a human corrected, for a script',
      command: '<%= config.bin %> <%= command.id %> rewards.jsonl corrections.jsonl --json',
    },
  ];

  static override args = {
    file: severalArguments('Files of ratings, or journals of rewards.'),
  };

  static override flags = withVariables('agreement', {
    dataset: Flags.string({
      summary: 'Dataset that the journals are about: groups are then the kinds of its edits.',
      helpValue: 'PATH',
    }),
    bootstrap: bootstrapFlag(2000),
    seed: seedFlag(),
    strict: Flags.boolean({
      summary:
        'Count answers with fewer scores than asked for as missing, and tie values that differ by rounding only.',
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
      (emit, signal) =>
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
    return this.longWork({ phase: 'Reading', unit: 'files', total: files.length }, async (emit, signal) => {
      const onLine = (file: number) => {
        signal.throwIfAborted();
        emit({ type: 'progress', done: file });
      };
      const ratings = await readRatings(files, { ...options, onLine });
      emit({ type: 'progress', done: files.length });
      return ratings;
    });
  }

  private show(comparison: ComparisonAgreement): void {
    const { judge, reference } = comparison;
    this.log(printable(`${judge} against ${reference}\n`));
    const tables = [correlationTable(comparison), agreementTable(comparison), raterTable(comparison)];
    for (const table of tables) if (table !== undefined) this.log(`${table}\n`);
  }
}
