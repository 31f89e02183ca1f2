import { EDIT_KINDS, type EditKind } from '@rewardedit/core';
import { clusteredMean } from '../statistics/clustered-mean.ts';
import { COLUMNS } from './columns.ts';
import type { RunItem } from './read-run.ts';

/** One column over a group of items. */
export interface ColumnSummary {
  readonly column: string;
  /** Over the items with a value; null if none has one. */
  readonly mean: number | null;
  readonly interval: readonly [low: number, high: number] | null;
  readonly count: number;
  /** Items of the group without a value, including those without an edit. */
  readonly missing: number;
  /** The mean if every missing value were the worst possible; absent if that is meaningless. */
  readonly worstCase?: number;
}

export interface GroupSummary {
  /** A kind of edits, or all of them. */
  readonly group: EditKind | 'all';
  readonly items: number;
  readonly columns: readonly ColumnSummary[];
}

/** An item of the benchmark without an edit. */
export interface Absent {
  readonly id: string;
  readonly kind?: EditKind | undefined;
}

export interface SummaryOptions {
  readonly absent?: readonly Absent[];
  readonly seed: number;
  readonly resamples?: number;
}

/** Summarizes a run, overall and by kind. The order of the items makes no difference. */
export function summarize(items: readonly RunItem[], options: SummaryOptions): GroupSummary[] {
  const { absent = [] } = options;
  const kinds = EDIT_KINDS.filter((name) => [...items, ...absent].some(({ kind }) => kind === name));
  return (['all', ...kinds] as const).map((group) => summarizeGroup(group, items, options));
}

/** Summarizes one kind of edits, or all of them; the columns are those of any item of the run. */
export function summarizeGroup(
  group: EditKind | 'all',
  items: readonly RunItem[],
  { absent = [], seed, resamples }: SummaryOptions,
): GroupSummary {
  const columns = Object.keys(COLUMNS).filter((name) => items.some(({ values }) => name in values));
  const belongs = ({ kind }: { readonly kind?: EditKind | undefined }) => group === 'all' || kind === group;
  const present = items.filter(belongs);
  const total = present.length + absent.filter(belongs).length;
  return {
    group,
    items: total,
    columns: columns.map((column) =>
      summarizeColumn(column, present, total, { seed, ...(resamples !== undefined && { resamples }) }),
    ),
  };
}

function summarizeColumn(
  column: string,
  items: readonly RunItem[],
  total: number,
  options: { readonly seed: number; readonly resamples?: number },
): ColumnSummary {
  const { range, worst } = COLUMNS[column];
  const values = items.flatMap(({ cluster, values }) =>
    column in values ? [{ cluster, value: values[column] }] : [],
  );
  const found = clusteredMean(values, { ...options, ...(range && { range }) });
  const missing = total - values.length;
  return {
    column,
    mean: found?.mean ?? null,
    interval: found?.interval ?? null,
    count: values.length,
    missing,
    ...(worst !== undefined &&
      total > 0 && { worstCase: ((found?.mean ?? 0) * values.length + worst * missing) / total }),
  };
}
