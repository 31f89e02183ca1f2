import type { RunComparison } from '../results/compare.ts';
import type { RunItem } from '../results/read-run.ts';

/** Cells that a spreadsheet would evaluate as a formula get a leading apostrophe. */
const FORMULA = /^[=+\-@\t\r]/;

/** Writes every item with all its values as CSV (RFC 4180); a missing value is an empty cell. */
export function itemsCsv(items: readonly RunItem[]): string {
  const columns = [...new Set(items.flatMap(({ values }) => Object.keys(values)))];
  const rows = items.map(({ id, kind, instruction, values }) => [
    text(id),
    kind ?? '',
    text(instruction),
    ...columns.map((column) => (column in values ? String(values[column]) : '')),
  ]);
  return lines([['id', 'kind', 'instruction', ...columns], ...rows]);
}

/** Names that statistics packages accept. */
const DIFFERENCE_COLUMNS = 'run column mean low high p corrected_p wins ties losses n'.split(' ');

/** Writes one line per difference to the base; a missing interval has empty ends. */
export function differencesCsv({ differences }: RunComparison): string {
  const rows = differences.map(({ run, column, mean, interval, pValue, correctedPValue, ...counts }) => {
    const { wins, ties, losses, count } = counts;
    const numbers = [mean, ...(interval ?? ['', '']), pValue, correctedPValue, wins, ties, losses, count];
    return [text(run), column, ...numbers.map(String)];
  });
  return lines([DIFFERENCE_COLUMNS, ...rows]);
}

function lines(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.join(',')}\r\n`).join('');
}

function text(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
