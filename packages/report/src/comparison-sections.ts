import {
  comparisonTable,
  summarizeGroup,
  type EvalRun,
  type RunComparison,
  type Table,
} from '@rewardedit/eval';
import { familiesOf, labelIn } from './charts/families.ts';
import { intervalChart, summaryRow } from './charts/interval-chart.ts';
import type { Section } from './summary-page.ts';

/** The summary of a comparison: the differences of the runs to the base, each run's own means, and the settings in which they differ. */
export function comparisonSections(
  runs: readonly EvalRun[],
  comparison: RunComparison,
  { columns, seed, tables }: { columns: readonly string[]; seed: number; tables: readonly Table[] },
): Section[] {
  const { base, differences } = comparison;
  const number = new Map(runs.map(({ name }, run) => [name, run]));
  const families = familiesOf(columns);
  const differenceCharts = families.flatMap((family) => {
    const { title, columns } = family;
    const rows = differences
      .filter(({ column }) => columns.includes(column))
      .map(({ run, column, mean, interval }) => ({
        ...{ mean, interval, run: number.get(run)! },
        label: runs.length > 2 ? `${run}: ${labelIn(family, column)}` : labelIn(family, column),
      }));
    return rows.length === 0
      ? []
      : [intervalChart({ title: `${title}, less ${base}`, rows, isDifference: true })];
  });
  const summaries = runs.map(({ items, absent }) => summarizeGroup('all', items, { absent, seed }));
  const ownCharts = families.flatMap((family) => {
    const { title, columns, range } = family;
    const rows = columns.flatMap((column) =>
      runs.flatMap(({ name }, run) =>
        summaryRow(summaries[run].columns, { column, label: `${labelIn(family, column)}: ${name}`, run }),
      ),
    );
    return rows.length === 0 ? [] : [intervalChart({ title, rows, range })];
  });
  const note =
    'Over the items that both runs have: mean differences with 95 % intervals, by a bootstrap that resamples source pictures, and ' +
    'p-values from flipping the signs of whole pictures, corrected for the number of comparisons (Holm).';
  return [
    {
      title: `Differences to ${base}`,
      charts: differenceCharts,
      tables: [comparisonTable(comparison)],
      note,
    },
    { title: 'Each run', charts: ownCharts },
    ...(tables.length === 0 ? [] : [{ title: 'Settings that differ', tables }]),
  ];
}
