import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { EXIT_CODES, RewardEditError } from '@rewardedit/core/errors';
import { printable } from '@rewardedit/core/text';
import type { ConfigDifference, EvalRun, RunComparison, Table } from '@rewardedit/eval';
import { examples } from '../flags/examples.ts';
import { requiredArgument, severalArguments } from '../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { seedFlag, withVariables } from '../flags/flags.ts';
import { reportFlags, reportNotes } from '../flags/report-flags.ts';
import { judgeFlags } from '../flags/judge-flags.ts';
import { viewFlags } from '../flags/view-flags.ts';
import { judgeDataset } from '../judging/judge-dataset.ts';
import {
  comparePairs,
  openPairs,
  pairTables,
  tellMissingPairs,
  type PairReport,
} from '../judging/pairwise.ts';
import { formatTable } from '../output/table.ts';

/** Note on the page about comparisons of pairs. */
const PAIRS_NOTE =
  'A judge chose the better of two edits of the same original, and was shown each pair in both orders. The win rate is the mean of all answers: ' +
  '1 if the edit was chosen, 0 if the other one was, 0.5 if neither was. Intervals: bootstrap over source pictures. P-values: sign flips of whole ' +
  'source pictures, corrected for the number of rows (Holm). Without position bias, the first position gets half of the answers.';

const FORMATS = ['text', 'markdown', 'csv', 'junit'] as const;

/** Default columns, if the runs have them. Few, because each one makes the correction stricter. */
const DEFAULT_COLUMNS = [
  'overall',
  'following',
  'preserving',
  'quality',
  'right',
  'truth.psnr',
  'source.psnr',
];

export type CompareReport = RunComparison & {
  /** The pairwise judgements, if requested. */
  readonly pairwise?: readonly PairReport[];
  readonly settings: readonly ConfigDifference[];
  /** Path of the page with all items. */
  readonly report: string;
  /** Runs and columns that are significantly worse than the base. */
  readonly worse: readonly { readonly run: string; readonly column: string }[];
};

export default class Compare extends BaseCommand<typeof Compare> {
  static override summary = 'Compare `eval` runs with a base run, item by item.';

  static override description = `Compares the items that a run has in common with the base run, item by item: the mean difference with its 95 % interval
(edits of one photo are resampled together), a p-value corrected for the number of comparisons (Holm), wins, ties and losses, and the
differences between the runs' settings.

With --pairwise, a judge also chooses the better of two edits of the same original, that of a run or that of the base. Each pair is shown
in both orders, and the position bias is printed. Answers go to pairs-BASE.jsonl in the folder of the run.

With --gate, the exit code is 1 if a run is significantly worse than the base: if the whole interval is on the worse side.`;

  static override examples = examples({
    'Two models on the same photos': 'runs/control runs/rewards',
    'Also let a judge choose the better edit of each pair':
      'runs/control runs/rewards --pairwise --judge openai:gpt-6-luna --max-cost 10',
    'In a pull request: fail if the new model is worse than the old one':
      'runs/main runs/branch --columns overall --gate --format junit --out report.xml',
  });

  static override args = {
    base: requiredArgument('Base run, which the others are compared with.'),
    run: severalArguments('Runs to compare with the base.'),
  };

  static override flags = withVariables('compare', {
    columns: Flags.string({
      summary: 'Columns to compare (scores and metrics), separated by commas, such as overall,truth.psnr.',
      helpValue: 'NAMES',
    }),
    format: Flags.option({ options: FORMATS })({ summary: 'Format of the report.', default: 'text' }),
    out: Flags.string({ summary: 'File for the report; printed by default.', helpValue: 'FILE' }),
    pairwise: Flags.boolean({ summary: 'Also let a judge choose the better edit of each pair.' }),
    'retry-quarantined': Flags.boolean({
      summary: 'With --pairwise, judge quarantined pairs again.',
      dependsOn: ['pairwise'],
    }),
    gate: Flags.boolean({ summary: 'Exit with code 1 if a run is significantly worse than the base.' }),
    ...judgeFlags,
    ...reportFlags,
    ...viewFlags,
    seed: seedFlag(),
  });

  protected async work(
    { base, run }: ArgumentsOf<typeof Compare>,
    options: OptionsOf<typeof Compare>,
  ): Promise<CompareReport> {
    const { compareRuns, configDifferences, distinctNames, isWorse, openEvalRun } =
      await import('@rewardedit/eval');
    this.assertAsked(options);
    const folders = [base, ...run];
    const names = distinctNames(folders);
    const runs = await Promise.all(folders.map(openEvalRun));
    const named = runs.map((one, i) => ({ ...one, name: names[i] }));
    const columns = chosenColumns(options.columns, named.map(({ items }) => items).flat());
    const comparison = compareRuns(named[0], named.slice(1), { columns, seed: options.seed });
    const settings = configDifferences(named);
    const worse = comparison.differences
      .filter(isWorse)
      .map(({ run: name, column }) => ({ run: name, column }));
    const pairwise = options.pairwise ? await this.comparePairs(base, run, options) : [];
    await this.report(comparison, [settingsTable(settings, names), ...(await tablesOf(pairwise))], options);
    for (const { run: name, id, reason } of comparison.notCompared.slice(0, 5))
      this.note(`Not compared: ${id} of ${name}: ${reason}.`);
    if (comparison.notCompared.length > 5)
      this.note(`${comparison.notCompared.length} items are not compared; --json lists all of them.`);
    if (options.gate && worse.length > 0) {
      process.exitCode = EXIT_CODES.failed;
      this.note(
        `Worse than ${names[0]}: ${worse.map(({ run: name, column }) => `${name} in ${column}`).join(', ')}.`,
      );
    }
    const page = await this.writePage(named, comparison, { columns, settings, pairwise, options });
    return { ...comparison, ...(options.pairwise && { pairwise }), settings, worse, report: page };
  }

  /** Throws 'usage' for a --judge that would not be used. */
  private assertAsked({ pairwise }: OptionsOf<typeof Compare>): void {
    if (pairwise || !this.isTyped('judge')) return;
    throw new RewardEditError('usage', 'a judge is only used with --pairwise', {
      where: '--judge',
      hint: 'add --pairwise, or omit --judge: scores come from `rewardedit eval` or `rewardedit annotate`',
    });
  }

  /** Lets a judge compare the edits of each run with those of the base. */
  private async comparePairs(
    base: string,
    runs: readonly string[],
    options: OptionsOf<typeof Compare>,
  ): Promise<PairReport[]> {
    const reports: PairReport[] = [];
    for (const run of runs) {
      const pairs = await openPairs(run, base);
      const asked = {
        ...{ ...options, pairs: true, retryQuarantined: options['retry-quarantined'] },
        advice: { otherJudge: 'move this file away to judge the pairs again' },
      };
      await judgeDataset(pairs.dataset, pairs.journal, asked, this.context());
      const report = await comparePairs(pairs, options.seed);
      await tellMissingPairs(report, pairs, this.context());
      reports.push(report);
    }
    return reports;
  }

  private async writePage(
    runs: readonly EvalRun[],
    comparison: RunComparison,
    {
      columns,
      settings,
      pairwise,
      options: { report, seed, 'single-file': isSingleFile },
    }: {
      readonly columns: readonly string[];
      readonly settings: readonly ConfigDifference[];
      readonly pairwise: readonly PairReport[];
      readonly options: OptionsOf<typeof Compare>;
    },
  ): Promise<string> {
    const { comparisonSections, writeReport } = await import('@rewardedit/report');
    const names = runs.map(({ name }) => name);
    const tables = settings.length === 0 ? [] : [settingsTable(settings, names)];
    const pairs =
      pairwise.length === 0
        ? []
        : [{ title: 'Pair by pair', tables: await tablesOf(pairwise), note: PAIRS_NOTE }];
    const written = await writeReport({
      ...{ title: `${names.slice(1).join(', ')} against ${names[0]}`, runs, isSingleFile },
      sections: [...comparisonSections(runs, comparison, { columns, seed, tables }), ...pairs],
      path: report ?? join(runs[1].folder, 'comparison.html'),
    });
    for (const note of reportNotes(written)) this.note(note);
    return written.path;
  }

  private async report(
    comparison: RunComparison,
    more: readonly Table[],
    { format, out }: OptionsOf<typeof Compare>,
  ): Promise<void> {
    const { comparisonJunit, comparisonTable, differencesCsv, markdownTable } =
      await import('@rewardedit/eval');
    const tables = [comparisonTable(comparison), ...more];
    const shown = tables.filter(({ rows }) => rows.length > 0);
    const text = {
      text: () => shown.map(({ header, rows }) => printable(formatTable(header, rows))).join('\n\n'),
      markdown: () => shown.map(markdownTable).join('\n\n'),
      csv: () => differencesCsv(comparison).trimEnd(),
      junit: () => comparisonJunit(comparison),
    }[format]();
    if (out === undefined) this.log(text);
    else await writeFile(out, `${text}\n`);
  }
}

async function tablesOf(pairwise: readonly PairReport[]): Promise<Table[]> {
  return (await Promise.all(pairwise.map(pairTables))).flat();
}

function settingsTable(settings: readonly ConfigDifference[], names: readonly string[]) {
  return {
    header: ['setting', ...names],
    rows: settings.map(({ setting, values }) => [
      setting,
      ...values.map((value) =>
        value === null ? '-' : typeof value === 'string' ? value : JSON.stringify(value),
      ),
    ]),
  };
}

/** The requested columns, or the default ones that the runs have. Throws 'usage' for an unknown column. */
function chosenColumns(
  asked: string | undefined,
  items: readonly { readonly values: Readonly<Record<string, number>> }[],
): string[] {
  const available = [...new Set(items.flatMap(({ values }) => Object.keys(values)))];
  if (asked === undefined) {
    const usual = DEFAULT_COLUMNS.filter((column) => available.includes(column));
    if (usual.length > 0) return usual;
    throw new RewardEditError('bad-input', 'the runs have neither scores nor metrics to compare', {
      hint: 'evaluate them with `rewardedit eval`, or score them with `rewardedit annotate`',
    });
  }
  const columns = asked.split(',').map((name) => name.trim());
  const unknown = columns.find((name) => !available.includes(name));
  if (unknown === undefined) return columns;
  throw new RewardEditError('usage', `no run has the column ${JSON.stringify(unknown)}`, {
    where: '--columns',
    hint: `choose from: ${available.join(', ')}`,
  });
}
