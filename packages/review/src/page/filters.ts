import type { About, Facets, RowQuery } from '../protocol.ts';
import { EVERY_ROW, withRange } from './address.ts';
import { createChecks, createChoice } from '@rewardedit/pages/browser/choice';
import { button, byId } from '@rewardedit/pages/browser/dom';
import { createHistogram } from '@rewardedit/pages/browser/histogram';
import { createOrder } from '@rewardedit/pages/browser/order';
import { createSearch } from '@rewardedit/pages/browser/search-box';
import { visibleText } from '@rewardedit/pages/browser/visible-text';

export type Filters = {
  update(query: RowQuery, facets: Facets | undefined): void;
  focusSearch(): void;
};

const REWARD_LABELS: Readonly<Record<RowQuery['reward'], string>> = {
  any: 'Any',
  complete: 'All three scores',
  incomplete: 'A score is missing',
  'set-aside': 'Set aside by the judge',
};
const CORRECTED_LABELS: Readonly<Record<RowQuery['corrected'], string>> = {
  any: 'Any',
  no: 'Not yet',
  yes: 'By a person',
};

const SEARCH = {
  label: 'Search instruction, feedback and id',
  title: 'Words that occur in instruction, feedback or id; "quotes" keep words together',
};

/** The panel that controls which rows are listed, and in which order. */
export function createFilters(about: About, onQuery: (query: RowQuery) => void): Filters {
  let query = EVERY_ROW;
  const change = (part: Partial<RowQuery>) => onQuery({ ...query, ...part });

  const search = createSearch(SEARCH, (text) => change({ text }));
  const order = createOrder(ordersOf(about), (sort, descending) => change({ sort, descending }));
  const reward = createChoice('Reward', REWARD_LABELS, (chosen) => change({ reward: chosen }));
  const corrected = createChoice('Corrected', CORRECTED_LABELS, (chosen) => change({ corrected: chosen }));
  const kinds = createChecks(
    'Kind of edit',
    about.kinds.map((kind) => [kind, kind === 'none' ? 'not known' : kind]),
    (chosen) => change({ kinds: chosen }),
  );
  const histograms = about.perspectives.map(({ name, title }) => ({
    name,
    control: createHistogram({
      name,
      title,
      highest: about.highestScore,
      onRange: (range) => onQuery(withRange(query, name, range, about.highestScore)),
    }),
  }));
  const reset = button({ class: 'quiet', id: 'reset' }, () => onQuery(EVERY_ROW), 'Show all rows');

  byId('filters').replaceChildren(
    search.root,
    order.root,
    ...histograms.map(({ control }) => control.root),
    corrected.root,
    reward.root,
    kinds.root,
    reset,
  );

  return {
    update(now, facets) {
      query = now;
      search.update(now.text);
      order.update(now);
      reset.disabled = JSON.stringify(now) === JSON.stringify(EVERY_ROW);
      if (facets === undefined) return;
      reward.update(now.reward, facets.reward);
      corrected.update(now.corrected, facets.corrected);
      kinds.update(now.kinds, facets.kinds);
      for (const { name, control } of histograms)
        control.update(facets.scores[name], now.scores[name] ?? [0, about.highestScore]);
    },
    focusSearch() {
      search.focus();
    },
  };
}

function ordersOf({ perspectives, measures }: About): (readonly [name: string, label: string])[] {
  return [
    ['position', 'dataset order'],
    ...perspectives.map(({ name, title }) => [name, title] as const),
    ['overall', 'mean of the three scores'],
    ['spread', 'spread of the judge'],
    ['worth', 'what a correction would teach'],
    ...measures.map((name) => [`measure:${name}`, visibleText(name.slice(0, 60))] as const),
  ];
}
