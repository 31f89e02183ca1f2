import { holm } from '../statistics/holm.ts';
import { pairedDifference, type PairedDifference } from '../statistics/paired-difference.ts';
import { COLUMNS } from './columns.ts';
import type { RunItem } from './read-run.ts';

/** A run in a comparison. */
export interface ComparedRun {
  readonly name: string;
  readonly items: readonly RunItem[];
}

/** How a run differs from the base in one column. */
export interface ColumnDifference extends PairedDifference {
  readonly run: string;
  readonly column: string;
  /** Corrected for all runs and columns of the comparison (Holm). */
  readonly correctedPValue: number;
  /** Items for which the run's value is better, equal, and worse. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

export interface RunComparison {
  readonly base: string;
  readonly differences: readonly ColumnDifference[];
  /** Items that either the run or the base lacks, or whose instruction or original differs. */
  readonly notCompared: readonly { readonly run: string; readonly id: string; readonly reason: string }[];
}

/**
 * Compares runs with a base, item by item, on the items and columns that both have.
 *
 * @param columns to compare; the more there are, the stricter the correction.
 */
export function compareRuns(
  base: ComparedRun,
  others: readonly ComparedRun[],
  { columns, seed }: { readonly columns: readonly string[]; readonly seed: number },
): RunComparison {
  const baseItems = new Map(base.items.map((item) => [item.id, item]));
  const notCompared: RunComparison['notCompared'][number][] = [];
  const found: Omit<ColumnDifference, 'correctedPValue'>[] = [];
  for (const run of others) {
    const ids = new Set(run.items.map(({ id }) => id));
    for (const { id } of base.items) {
      if (!ids.has(id)) notCompared.push({ run: run.name, id, reason: `only ${base.name} has it` });
    }
    const common = run.items.flatMap((item): [RunItem, RunItem][] => {
      const other = baseItems.get(item.id);
      const reason = whyNot(item, other, run.name);
      if (reason === undefined) return [[item, other!]];
      notCompared.push({ run: run.name, id: item.id, reason });
      return [];
    });
    for (const column of columns) {
      const difference = pairedDifference(pairsOf(common, column), { seed });
      if (difference === null) continue;
      const { larger, smaller, equal } = difference;
      const [wins, losses] = COLUMNS[column].better === 'higher' ? [larger, smaller] : [smaller, larger];
      found.push({ run: run.name, column, ...difference, wins, ties: equal, losses });
    }
  }
  const corrected = holm(found.map(({ pValue }) => pValue));
  return {
    base: base.name,
    differences: found.map((difference, i) => ({ ...difference, correctedPValue: corrected[i] })),
    notCompared,
  };
}

function whyNot(item: RunItem, other: RunItem | undefined, run: string): string | undefined {
  if (other === undefined) return `only ${run} has it`;
  if (item.instruction !== other.instruction) return 'the instructions differ';
  if (item.cluster !== other.cluster) return 'the originals are different pictures';
  return undefined;
}

function pairsOf(common: readonly (readonly [RunItem, RunItem])[], column: string) {
  return common.flatMap(([{ cluster, values }, { values: baseValues }]) =>
    column in values && column in baseValues
      ? [{ cluster, value: values[column], base: baseValues[column] }]
      : [],
  );
}
