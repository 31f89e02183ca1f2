import { createChecks } from '@rewardedit/pages/browser/choice';
import { button, byId } from '@rewardedit/pages/browser/dom';
import { createHistogram } from '@rewardedit/pages/browser/histogram';
import { createOrder } from '@rewardedit/pages/browser/order';
import { createSearch } from '@rewardedit/pages/browser/search-box';
import { visibleText } from '@rewardedit/pages/browser/visible-text';
import type { ReportData } from '../report-data.ts';
import { EVERY_ITEM, type ItemQuery } from './address.ts';
import { sortKeys } from './select-items.ts';

const BARS = 20;

/** The panel that controls which items are listed, and in which order. */
export function createItemFilters(data: ReportData, onQuery: (query: ItemQuery) => void) {
  let query = EVERY_ITEM;
  const change = (part: Partial<ItemQuery>) => onQuery({ ...query, ...part });
  const search = createSearch(
    {
      label: 'Search instruction, feedback and id',
      title: 'Words that occur in instruction, feedback or id; "quotes" keep words together',
    },
    (text) => change({ text }),
  );
  const orders = [...sortKeys(data)].map(([name, { label }]) => [name, visibleText(label)] as const);
  const order = createOrder([['position', 'order of the benchmark'], ...orders], (sort, descending) =>
    change({ sort, descending }),
  );
  const kindCounts: Record<string, number> = {};
  for (const { kind = 'none' } of data.items) kindCounts[kind] = (kindCounts[kind] ?? 0) + 1;
  const kinds = createChecks(
    'Kind of edit',
    Object.keys(kindCounts).map((kind) => [kind, kind === 'none' ? 'not known' : kind]),
    (chosen) => change({ kinds: chosen }),
  );
  const histograms = data.perspectives.map((name) => ({
    name,
    counts: scoreCounts(data, name),
    control: createHistogram({
      name,
      title: histogramTitle(data, name),
      highest: data.highestScore,
      onRange: (range) => change({ scores: withRange(query.scores, name, range, data.highestScore) }),
    }),
  }));
  const reset = button({ class: 'quiet', id: 'reset' }, () => onQuery(EVERY_ITEM), 'Show all items');
  byId('filters').replaceChildren(
    search.root,
    order.root,
    ...histograms.map(({ control }) => control.root),
    ...(Object.keys(kindCounts).length > 1 ? [kinds.root] : []),
    reset,
  );
  return {
    update(now: ItemQuery) {
      query = now;
      search.update(now.text);
      order.update(now);
      kinds.update(now.kinds, kindCounts);
      for (const { name, counts, control } of histograms)
        control.update(counts, now.scores[name] ?? [0, data.highestScore]);
      reset.disabled = JSON.stringify(now) === JSON.stringify(EVERY_ITEM);
    },
    focusSearch: () => search.focus(),
  };
}

function histogramTitle({ columns, runs }: ReportData, name: string): string {
  const label = columns.find((column) => column.name === name)?.label ?? name;
  return runs.length === 1 ? label : `${label}: ${visibleText(runs[runs.length - 1])}`;
}

/** Counts the items of the last run with a score in each bar. */
function scoreCounts({ columns, items, runs, highestScore }: ReportData, name: string): number[] {
  const column = columns.findIndex((each) => each.name === name);
  const counts = Array.from({ length: BARS }, () => 0);
  for (const { edits } of items) {
    const score = edits[runs.length - 1]?.values[column] ?? null;
    if (score === null) continue;
    counts[Math.min(BARS - 1, Math.floor((score / highestScore) * BARS))] += 1;
  }
  return counts;
}

function withRange(
  scores: ItemQuery['scores'],
  name: string,
  [low, high]: readonly [number, number],
  highest: number,
): ItemQuery['scores'] {
  const rest = Object.entries(scores).filter(([other]) => other !== name);
  const isWhole = low <= 0 && high >= highest;
  return Object.fromEntries(isWhole ? rest : [...rest, [name, [low, high] as const]]);
}
