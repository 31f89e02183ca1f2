import type { AnnotateOptions, PairAnswer, PairedDatasets } from '@rewardedit/annotate';
import { printable } from '@rewardedit/core/text';
import type { PairComparison, Table } from '@rewardedit/eval';
import { formatTable } from '../output/table.ts';

/** Two editors compared by pairs of their edits. */
export type PairReport = {
  /** Whose edits won, where one did, and whose they were compared with. */
  readonly edits: string;
  readonly other: string;
  /** The journal of answers. */
  readonly journal: string;
  readonly comparisons: readonly PairComparison[];
  /** Pairs that lack an answer. */
  readonly missing: number;
  /** Triplets of either that have no counterpart in the other one. */
  readonly unpaired: PairedDatasets['unpaired'];
};

/** The edits of two datasets, paired, with what they are called and where the answers about them go. */
export type Pairs = {
  readonly dataset: PairedDatasets;
  readonly names: readonly [string, string];
  readonly journal: string;
};

/** Pairs the edits of two datasets or runs of `eval`. Throws as `pairDatasets` does, and 'bad-input' where one is no dataset. */
export async function openPairs(path: string, otherPath: string): Promise<Pairs> {
  const { pairDatasets, pairsPath } = await import('@rewardedit/annotate');
  const { openDataset } = await import('@rewardedit/data');
  const { distinctNames } = await import('@rewardedit/eval');
  const [dataset, other] = await Promise.all([path, otherPath].map(openDataset));
  const [name, otherName] = distinctNames([path, otherPath]);
  const paired = await pairDatasets(dataset, other, [name, otherName]);
  const file = otherName.replace(/\.jsonl$/, '').replaceAll(/[\\/]/g, '_');
  return { dataset: paired, names: [name, otherName], journal: pairsPath(dataset, file) };
}

/** What the answers in a journal come to, of the pairs that there are now. */
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

/** The tables of a comparison, each with what it is about in its first cell. */
export async function pairTables({ edits, other, comparisons }: PairReport): Promise<Table[]> {
  const { pairTable, positionBiasTable } = await import('@rewardedit/eval');
  const { header, rows } = pairTable(comparisons);
  return [
    { header: [`${edits} against ${other}`, ...header.slice(1)], rows },
    positionBiasTable(comparisons),
  ];
}

/** The same for a terminal. */
export async function formatPairs(report: PairReport): Promise<string> {
  const tables = await pairTables(report);
  return tables.map(({ header, rows }) => printable(formatTable(header, rows))).join('\n\n');
}

/** Tells which triplets are in no pair: the first few, and how many. */
export function unpairedNotes({ unpaired }: PairReport): string[] {
  const told = unpaired.slice(0, 5).map(({ id, reason }) => `Not compared: ${id}: ${reason}.`);
  return unpaired.length > 5
    ? [...told, `${unpaired.length} triplets are in no pair; --json lists them all.`]
    : told;
}

async function idsOf(dataset: Pick<AnnotateOptions['dataset'], 'triplets'>): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { id } of dataset.triplets()) ids.add(id);
  return ids;
}
