import type { ReportData, ReportItem } from '../report-data.ts';
import type { ItemQuery } from './address.ts';

/** A sort key: a column of a run, or its difference to the base, the first run. */
export type SortKey = { readonly column: number; readonly run: number; readonly isDifference: boolean };

/** All sort keys, by their names in the address. */
export function sortKeys({
  columns,
  runs,
}: Pick<ReportData, 'columns' | 'runs'>): Map<string, SortKey & { label: string }> {
  const keys = new Map<string, SortKey & { label: string }>();
  for (const [run, runName] of runs.entries()) {
    for (const [column, { name, label }] of columns.entries()) {
      const own = runs.length === 1 ? label : `${label}: ${runName}`;
      keys.set(`${name}/${run}`, { column, run, isDifference: false, label: own });
    }
    if (run === 0) continue;
    for (const [column, { name, label }] of columns.entries()) {
      const difference = `${label}: ${runName} less ${runs[0]}`;
      keys.set(`${name}/${run}-0`, { column, run, isDifference: true, label: difference });
    }
  }
  return keys;
}

/** An item's value for a sort key; undefined if missing. */
function sortValue({ edits }: ReportItem, { column, run, isDifference }: SortKey): number | undefined {
  const value = edits[run]?.values[column] ?? undefined;
  if (!isDifference) return value;
  const base = edits[0]?.values[column] ?? undefined;
  return value === undefined || base === undefined ? undefined : value - base;
}

/** The searchable text of each item, in lower case. */
export function searchTexts(items: readonly ReportItem[]): string[] {
  return items.map(({ id, instruction, edits }) =>
    [id, instruction, ...edits.flatMap((edit) => Object.values(edit?.feedback ?? {}))]
      .join('\n')
      .toLowerCase(),
  );
}

/** Returns the indices of the items that match a query, in its order; items without a sort value come last. */
export function selectItems(data: ReportData, texts: readonly string[], query: ItemQuery): number[] {
  const words = [...query.text.toLowerCase().matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, phrase, word]) => phrase ?? word,
  );
  const ranges = Object.entries(query.scores).flatMap(([name, range]) => {
    const column = data.columns.findIndex((each) => each.name === name);
    return column < 0 ? [] : [{ column, range }];
  });
  const last = data.runs.length - 1;
  const matches = (item: ReportItem, number: number) =>
    words.every((word) => texts[number].includes(word)) &&
    (query.kinds.length === 0 || query.kinds.includes(item.kind ?? 'none')) &&
    ranges.every(({ column, range: [low, high] }) => {
      const value = item.edits[last]?.values[column] ?? null;
      return value !== null && value >= low && value <= high;
    });
  const found = data.items.flatMap((item, number) => (matches(item, number) ? [number] : []));
  const key = sortKeys(data).get(query.sort);
  const direction = query.descending ? -1 : 1;
  if (key === undefined) return query.descending ? found.reverse() : found;
  const values = new Map(found.map((number) => [number, sortValue(data.items[number], key)]));
  return found.sort((a, b) => {
    const [x, y] = [values.get(a), values.get(b)];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    return direction * (x - y) || a - b;
  });
}
