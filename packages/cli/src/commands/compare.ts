import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { EXIT_CODES, RewardEditError } from '@rewardedit/core/errors';
import { printable } from '@rewardedit/core/text';
import type { ConfigDifference, EvalRun, RunComparison, Table } from '@rewardedit/eval';
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

/** What is said on the page about comparisons of pairs. */
const PAIRS_NOTE =
  'Of two edits of one original, which is better? A judge was shown each pair in both orders. The win rate is the mean of all answers: 1 where the ' +
  'edit was chosen, 0 where the other one, 0.5 where neither; intervals by a bootstrap that draws source pictures, p-values from flipping the signs of ' +
  'whole pictures, corrected for the number of rows (Holm). Without position bias, the first place has one half of the answers.';

const FORMATS = ['text', 'markdown', 'csv', 'junit'] as const;

/** Compared where nothing else is asked for, as far as the runs have them: the more, the stricter the correction. */
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
  /** What a judge said of pairs of edits, where it was asked. */
  readonly pairwise?: readonly PairReport[];
  readonly settings: readonly ConfigDifference[];
  /** Path of the page with all items. */
  readonly report: string;
  /** Runs and columns that are worse than the base beyond chance. */
  readonly worse: readonly { readonly run: string; readonly column: string }[];
};

export default class Compare extends BaseCommand<typeof Compare> {
  static override summary = 'Compare runs of `eval`, item by item, with a base run.';

  static override description = `The items that a run and the base have in common are compared pair by pair: the mean difference
with its 95 % interval (edits of one photo are drawn together), a p-value that is corrected for the number of comparisons
(Holm), wins, ties and losses, and what differs between the runs' settings.

With --pairwise, a judge also says which of two edits of one original is better, that of a run or that of the base. Each pair is shown
in both orders, and how far the judge prefers a place is printed. The answers go to pairs-BASE.jsonl in the folder of the run.

With --gate, the exit code is 1 where a run is worse than the base beyond chance: where the whole interval lies on the worse side.`;

  static override examples = [
    {
      description: 'Two models on the same photos',
      command: '<%= config.bin %> <%= command.id %> runs/control runs/rewards',
    },
    {
      description: 'The same, and a judge chooses the better edit of each pair',
      command:
        '<%= config.bin %> <%= command.id %> runs/control runs/rewards --pairwise --judge openai:gpt-6-luna --max-cost 10',
    },
    {
      description: 'In a pull request: fail where the new model is worse than the old one',
      command:
        '<%= config.bin %> <%= command.id %> runs/main runs/branch --columns overall --gate --format junit --out report.xml',
    },
  ];

  static override args = {
    base: requiredArgument('The run that the others are compared with.'),
    run: severalArguments('Runs to compare with it.'),
  };

  static override flags = withVariables('compare', {
    columns: Flags.string({
      summary: 'Scores and metrics to compare, separated by commas, such as overall,truth.psnr.',
      helpValue: 'NAMES',
    }),
    format: Flags.option({ options: FORMATS })({ summary: 'Form of the report.', default: 'text' }),
    out: Flags.string({ summary: 'File for the report; otherwise it is printed.', helpValue: 'FILE' }),
    pairwise: Flags.boolean({ summary: 'Let a judge choose the better edit of each pair, too.' }),
    'retry-quarantined': Flags.boolean({
      summary: 'With --pairwise, ask again about the pairs that were set aside.',
      dependsOn: ['pairwise'],
    }),
    gate: Flags.boolean({ summary: 'Fail where a run is worse than the base beyond chance.' }),
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
      this.note(`${comparison.notCompared.length} items are not compared; --json lists them all.`);
    if (options.gate && worse.length > 0) {
      process.exitCode = EXIT_CODES.failed;
      this.note(
        `Worse than ${names[0]}: ${worse.map(({ run: name, column }) => `${name} in ${column}`).join(', ')}.`,
      );
    }
    const page = await this.writePage(named, comparison, { columns, settings, pairwise, options });
    return { ...comparison, ...(options.pairwise && { pairwise }), settings, worse, report: page };
  }

  /** Throws 'usage' for a judge who would not be asked. */
  private assertAsked({ pairwise }: OptionsOf<typeof Compare>): void {
    if (pairwise || !this.isTyped('judge')) return;
    throw new RewardEditError('usage', 'a judge is asked about pairs only', {
      where: '--judge',
      hint: 'add --pairwise; scores come from `rewardedit eval` or `rewardedit annotate`',
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
        advice: { otherJudge: 'move this file away, and the pairs are judged anew' },
      };
      await judgeDataset(pairs.dataset, pairs.journal, asked, this.judgingCommand());
      const report = await comparePairs(pairs, options.seed);
      await tellMissingPairs(report, pairs, {
        note: (text) => this.note(text),
        endInPart: (text) => this.endInPart(text),
      });
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

/** The columns that were asked for, or the usual ones that the runs have. Throws 'usage' for one that there is not. */
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
    hint: `there are ${available.join(', ')}`,
  });
}
