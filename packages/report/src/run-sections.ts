import { COLUMNS, kindTable, summaryTable, type GroupSummary } from '@rewardedit/eval';
import { familiesOf, labelIn } from './charts/families.ts';
import { intervalChart, summaryRow } from './charts/interval-chart.ts';
import type { Section } from './summary-page.ts';

/** The summary of one run: each column over all items, and the main columns by kind. */
export function runSections(groups: readonly GroupSummary[], mainColumns: readonly string[]): Section[] {
  const all = groups.find(({ group }) => group === 'all')!;
  const families = familiesOf(all.columns.map(({ column }) => column));
  const charts = families.flatMap((family) => {
    const { title, columns, range } = family;
    const rows = columns.flatMap((column) =>
      summaryRow(all.columns, { column, label: labelIn(family, column), run: 0 }),
    );
    return rows.length === 0 ? [] : [intervalChart({ title, rows, range })];
  });
  const note =
    '95 % intervals, by a bootstrap that resamples source pictures, each with all of its edits. ' +
    'Worst case: the mean if every missing value were the worst possible.';
  const whole: Section = { title: 'All edits', charts, tables: [summaryTable(groups)], note };
  if (groups.length <= 2) return [whole];
  const byKind = mainColumns.flatMap((column) => {
    const rows = groups.flatMap(({ group, columns }) =>
      summaryRow(columns, { column, label: group, run: 0 }),
    );
    const { label, range } = COLUMNS[column];
    return rows.length === 0 ? [] : [intervalChart({ title: label, rows, range })];
  });
  return [whole, { title: 'By kind', charts: byKind, tables: [kindTable(groups, mainColumns)] }];
}
