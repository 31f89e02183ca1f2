import type { RunItem } from '../results/read-run.ts';

/** Cells that a spreadsheet would run as a formula get an apostrophe in front. */
const FORMULA = /^[=+\-@\t\r]/;

/** Every item with all its values, as RFC 4180 has it; a missing value is an empty cell. */
export function itemsCsv(items: readonly RunItem[]): string {
  const columns = [...new Set(items.flatMap(({ values }) => Object.keys(values)))];
  const rows = items.map(({ id, kind, instruction, values }) => [
    text(id),
    kind ?? '',
    text(instruction),
    ...columns.map((column) => (column in values ? String(values[column]) : '')),
  ]);
  return [['id', 'kind', 'instruction', ...columns], ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

function text(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
