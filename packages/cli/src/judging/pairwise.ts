import type {
  AnnotateOptions,
  AnnotateSummary,
  OpenedJudge,
  PairAnswer,
  PairedDatasets,
} from '@rewardedit/annotate';
import { printable } from '@rewardedit/core/text';
import type { PairComparison, Table } from '@rewardedit/eval';
import { formatTable } from '../output/table.ts';
import type { CommandContext } from '../running/command-context.ts';
import { tellSpent, type Spent } from './with-judge.ts';

/** Two editors compared by pairs of their edits. */
export type PairReport = {
  /** Names of the two editors; win rates are those of `edits`. */
  readonly edits: string;
  readonly other: string;
  /** Journal of the answers. */
  readonly journal: string;
  readonly comparisons: readonly PairComparison[];
  /** Pairs without an answer. */
  readonly missing: number;
  /** Triplets without a counterpart in the other dataset. */
  readonly unpaired: PairedDatasets['unpaired'];
};

/** The paired edits of two datasets, the datasets' names, and the journal for the answers. */
export type Pairs = {
  readonly dataset: PairedDatasets;
  readonly names: readonly [string, string];
  readonly journal: string;
};

/**
 * Pairs the edits of two datasets or `eval` runs. Throws like `pairDatasets`, and 'bad-input' if one is not a dataset.
 *
 * @param journal for the answers; in the folder of the first dataset by default.
 */
export async function openPairs(path: string, otherPath: string, journal?: string): Promise<Pairs> {
  const { pairDatasets, pairsPath } = await import('@rewardedit/annotate');
  const { openDataset } = await import('@rewardedit/data');
  const { distinctNames } = await import('@rewardedit/eval');
  const [dataset, other] = await Promise.all([path, otherPath].map(openDataset));
  const [name, otherName] = distinctNames([path, otherPath]);
  const paired = await pairDatasets(dataset, other, [name, otherName]);
  const file = otherName.replace(/\.jsonl$/, '').replaceAll(/[\\/]/g, '_');
  return { dataset: paired, names: [name, otherName], journal: journal ?? pairsPath(dataset, file) };
}

/** Evaluates the answers in a journal about the current pairs. */
export async function comparePairs(
  { dataset, names: [edits, other], journal }: Pairs,
  seed: number,
): Promise<PairReport> {
  const { readPairs } = await import('@rewardedit/annotate');
  const { measurePairs } = await import('@rewardedit/eval');
  const ids = await idsOf(dataset);
  const answers: PairAnswer[] = [];
  for await (const answer of readPairs(journal)) if (ids.has(answer.id)) answers.push(answer);
  const comparisons = measurePairs(answers, { total: dataset.count, seed });
  const answered = comparisons.map(({ pairs }) => pairs);
  const missing = dataset.count - (answered.length === 0 ? 0 : Math.min(...answered));
  return { edits, other, journal, comparisons, missing, unpaired: dataset.unpaired };
}

/** Result of `annotate --pairwise`. */
export type PairwiseReport = AnnotateSummary &
  PairReport &
  Spent & { readonly judge: { readonly name: string; readonly version: string } };

/** Prints the results and what the answers cost. */
export async function concludePairs(
  pairs: Pairs,
  summary: AnnotateSummary,
  opened: OpenedJudge,
  command: CommandContext,
): Promise<PairwiseReport> {
  const { name, version } = opened.judge;
  const report = await comparePairs(pairs, 0);
  command.log(`${await formatPairs(report)}\n\nThe answers are in ${report.journal}.`);
  const spent = await tellSpent(opened, command.log);
  await tellMissingPairs(report, pairs, command);
  return { ...summary, ...report, judge: { name, version }, ...spent };
}

/** The tables of a comparison, each with its title in the first cell. */
export async function pairTables({ edits, other, comparisons }: PairReport): Promise<Table[]> {
  const { pairTable, positionBiasTable } = await import('@rewardedit/eval');
  const { header, rows } = pairTable(comparisons);
  return [
    { header: [`${edits} against ${other}`, ...header.slice(1)], rows },
    positionBiasTable(comparisons),
  ];
}

/** Formats the tables of a comparison for a terminal. */
export async function formatPairs(report: PairReport): Promise<string> {
  const tables = await pairTables(report);
  return tables.map(({ header, rows }) => printable(formatTable(header, rows))).join('\n\n');
}

/** Notes the first triplets without a counterpart, and pairs without an answer, which set the exit code for partial results. */
export async function tellMissingPairs(
  { unpaired, missing, journal }: PairReport,
  { dataset: { count } }: Pairs,
  command: CommandContext,
): Promise<void> {
  for (const { id, reason } of unpaired.slice(0, 5)) command.note(`Not compared: ${id}: ${reason}.`);
  if (unpaired.length > 5)
    command.note(`${unpaired.length} triplets are in no pair; --json lists all of them.`);
  if (missing === 0) return;
  const { quarantinePath } = await import('@rewardedit/annotate');
  command.endInPart(
    `${missing} of ${count} pairs lack a complete answer; see ${quarantinePath(journal)} for the reasons. ` +
      'Run the same command with --retry-quarantined to judge them again.',
  );
}

async function idsOf(dataset: Pick<AnnotateOptions['dataset'], 'triplets'>): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { id } of dataset.triplets()) ids.add(id);
  return ids;
}
