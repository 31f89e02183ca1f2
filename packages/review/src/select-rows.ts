import { PERSPECTIVES, RewardEditError, type Perspective } from '@rewardedit/core';
import { correctionWorth } from './correction-worth.ts';
import { ROW_KINDS, type Facets, type RowQuery } from './protocol.ts';
import type { RowTable } from './row-table.ts';
import { HISTOGRAM_BARS, barOf } from './score-bars.ts';

/** The rows that match a query, in its order. */
export type Selection = { readonly rows: Uint32Array; readonly facets: Facets };

type FacetName = 'text' | 'kinds' | 'reward' | 'corrected' | Perspective;

type Filter = { readonly facet: FacetName; passes(row: number): boolean };

/**
 * Selects rows in one pass and sorts them; rows without a sort value come last.
 *
 * @param holdsText whether a row contains the query's text; undefined if it has none.
 * @throws RewardEditError 'bad-input' if there is nothing to sort by that name.
 */
export function selectRows(
  table: RowTable,
  query: RowQuery,
  holdsText: ((row: number) => boolean) | undefined,
): Selection {
  const filters = filtersOf(table, query, holdsText);
  const counters = createCounters(table);
  const selected = new Uint32Array(table.count);
  let count = 0;
  for (let row = 0; row < table.count; row++) {
    let failures = 0;
    let failed: FacetName | undefined;
    for (const { facet, passes } of filters) {
      if (passes(row)) continue;
      failures += 1;
      failed = facet;
      if (failures > 1) break;
    }
    if (failures === 0) selected[count++] = row;
    // A row that only one filter excludes counts in that filter's own counts.
    if (failures < 2) counters.add(row, failed);
  }
  const rows = selected.slice(0, count);
  sortRows(rows, table, query);
  return { rows, facets: counters.facets };
}

function filtersOf(table: RowTable, query: RowQuery, holdsText: Filter['passes'] | undefined): Filter[] {
  const filters: Filter[] = [];
  if (holdsText !== undefined) filters.push({ facet: 'text', passes: holdsText });
  if (query.kinds.length > 0) {
    const wanted = ROW_KINDS.map((kind) => query.kinds.includes(kind));
    filters.push({ facet: 'kinds', passes: (row) => wanted[table.kinds[row]] });
  }
  if (query.reward !== 'any') filters.push({ facet: 'reward', passes: rewardTest(table, query.reward) });
  if (query.corrected !== 'any') {
    const wanted = query.corrected === 'yes' ? 1 : 0;
    filters.push({ facet: 'corrected', passes: (row) => table.isCorrected[row] === wanted });
  }
  for (const name of PERSPECTIVES) {
    const range = query.scores[name];
    if (range === undefined) continue;
    const [lowest, highest] = range;
    const scores = table.scores[name];
    filters.push({ facet: name, passes: (row) => scores[row] >= lowest && scores[row] <= highest });
  }
  return filters;
}

function rewardTest(table: RowTable, reward: Exclude<RowQuery['reward'], 'any'>): Filter['passes'] {
  return {
    complete: (row: number) => !Number.isNaN(table.overall[row]),
    incomplete: (row: number) => Number.isNaN(table.overall[row]),
    'set-aside': (row: number) => table.isSetAside[row] === 1,
  }[reward];
}

function createCounters(table: RowTable) {
  const bars = () => Array.from<number>({ length: HISTOGRAM_BARS }).fill(0);
  const kinds = ROW_KINDS.map(() => 0);
  const scores = { following: bars(), preserving: bars(), quality: bars() };
  const reward = { any: 0, complete: 0, incomplete: 0, 'set-aside': 0 };
  const corrected = { any: 0, yes: 0, no: 0 };
  return {
    /** Counts a row that no filter excludes, or only that of the facet `failed`. */
    add(row: number, failed: FacetName | undefined): void {
      const counts = (facet: FacetName) => failed === undefined || failed === facet;
      if (counts('kinds')) kinds[table.kinds[row]] += 1;
      if (counts('reward')) {
        reward.any += 1;
        reward[Number.isNaN(table.overall[row]) ? 'incomplete' : 'complete'] += 1;
        reward['set-aside'] += table.isSetAside[row];
      }
      if (counts('corrected')) {
        corrected.any += 1;
        corrected[table.isCorrected[row] === 1 ? 'yes' : 'no'] += 1;
      }
      for (const name of PERSPECTIVES) {
        const score = table.scores[name][row];
        if (counts(name) && !Number.isNaN(score)) scores[name][barOf(score)] += 1;
      }
    },
    get facets(): Facets {
      const byName = Object.fromEntries(ROW_KINDS.map((kind, number) => [kind, kinds[number]]));
      return { scores, kinds: byName as Facets['kinds'], reward, corrected };
    },
  };
}

function sortRows(rows: Uint32Array, table: RowTable, { sort, descending }: RowQuery): void {
  if (sort === 'position') {
    if (descending) rows.reverse();
    return;
  }
  const values = sort === WORTH ? correctionWorth(table) : columnOf(table, sort);
  const before = descending ? 1 : -1;
  rows.sort((a, b) => {
    const [x, y] = [values[a], values[b]];
    if (x < y) return before;
    if (x > y) return -before;
    return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
  });
}

const MEASURE = 'measure:';
const WORTH = 'worth';

function columnOf(table: RowTable, sort: string): Float64Array {
  const named = new Map<string, Float64Array>(Object.entries(table.scores));
  named.set('overall', table.overall).set('spread', table.spread);
  const column = sort.startsWith(MEASURE) ? table.measures.get(sort.slice(MEASURE.length)) : named.get(sort);
  if (column !== undefined) return column;
  throw new RewardEditError('bad-input', `rows cannot be sorted by ${JSON.stringify(sort)}`, {
    hint: 'choose another order',
  });
}
