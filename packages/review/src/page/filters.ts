import type { About, Facets, RowKind, RowQuery } from '../protocol.ts';
import { EVERY_ROW, withRange } from './address.ts';
import { button, byId, element, setAttribute } from './dom.ts';
import { formatCount } from './format.ts';
import { createHistogram } from './histogram.ts';
import { visibleText } from './visible-text.ts';

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
const SEARCH_DELAY_MILLISECONDS = 200;

/** The panel that says which rows are listed, and in which order. */
export function createFilters(about: About, onQuery: (query: RowQuery) => void): Filters {
  let query = EVERY_ROW;
  const change = (part: Partial<RowQuery>) => onQuery({ ...query, ...part });

  const search = createSearch((text) => change({ text }));
  const order = createOrder(about, (sort, descending) => change({ sort, descending }));
  const reward = createChoice('Reward', REWARD_LABELS, (chosen) => change({ reward: chosen }));
  const corrected = createChoice('Corrected', CORRECTED_LABELS, (chosen) => change({ corrected: chosen }));
  const kinds = createKinds(about.kinds, (chosen) => change({ kinds: chosen }));
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

function createSearch(onText: (text: string) => void) {
  const input = element('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Search',
    'aria-label': 'Search instruction, feedback and id',
    title: 'Words that occur in instruction, feedback or id; "quotes" keep words together',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: 500,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => onText(input.value), SEARCH_DELAY_MILLISECONDS);
  });
  return {
    root: element('label', { class: 'search' }, input, element('kbd', { 'aria-hidden': true }, '/')),
    update(text: string) {
      // While somebody types, what they have typed is newer than what is listed.
      if (document.activeElement !== input) input.value = text;
    },
    focus() {
      input.focus();
      input.select();
    },
  };
}

function createOrder(about: About, onOrder: (sort: string, descending: boolean) => void) {
  const option = (value: string, label: string) => element('option', { value }, label);
  const select = element(
    'select',
    { id: 'sort', 'aria-label': 'Order' },
    option('position', 'dataset order'),
    ...about.perspectives.map(({ name, title }) => option(name, title)),
    option('overall', 'mean of the three scores'),
    option('spread', 'spread of the judge'),
    ...about.measures.map((name) => option(`measure:${name}`, visibleText(name.slice(0, 60)))),
  );
  const direction = button({ id: 'direction', class: 'icon' }, () =>
    onOrder(select.value, direction.getAttribute('aria-pressed') !== 'true'),
  );
  select.addEventListener('change', () =>
    onOrder(select.value, direction.getAttribute('aria-pressed') === 'true'),
  );
  return {
    root: element('div', { class: 'order' }, select, direction),
    update({ sort, descending }: RowQuery) {
      select.value = sort;
      direction.textContent = descending ? '↓' : '↑';
      setAttribute(direction, 'aria-pressed', String(descending));
      setAttribute(direction, 'aria-label', 'Highest first');
      setAttribute(direction, 'title', descending ? 'Highest first' : 'Lowest first');
    },
  };
}

function createChoice<Value extends string>(
  title: string,
  labels: Readonly<Record<Value, string>>,
  onChoice: (value: Value) => void,
) {
  const values = Object.keys(labels) as Value[];
  const options = values.map((value) => {
    const input = element('input', { type: 'radio', name: title, value });
    const count = element('span', { class: 'count' });
    input.addEventListener('change', () => onChoice(value));
    return {
      value,
      input,
      count,
      root: element('label', {}, input, element('span', {}, labels[value]), count),
    };
  });
  return {
    root: element(
      'fieldset',
      { class: 'choice' },
      element('legend', {}, title),
      ...options.map(({ root }) => root),
    ),
    update(chosen: Value, counts: Readonly<Record<Value, number>>) {
      for (const { value, input, count } of options) {
        input.checked = value === chosen;
        count.textContent = formatCount(counts[value]);
      }
    },
  };
}

function createKinds(kinds: readonly RowKind[], onKinds: (kinds: RowKind[]) => void) {
  const options = kinds.map((kind) => {
    const input = element('input', { type: 'checkbox', value: kind });
    const count = element('span', { class: 'count' });
    input.addEventListener('change', () =>
      onKinds(options.filter((option) => option.input.checked).map((option) => option.kind)),
    );
    const label = kind === 'none' ? 'not known' : kind;
    return { kind, input, count, root: element('label', {}, input, element('span', {}, label), count) };
  });
  return {
    root: element(
      'fieldset',
      { class: 'choice' },
      element('legend', {}, 'Kind of edit'),
      ...options.map(({ root }) => root),
    ),
    update(chosen: readonly RowKind[], counts: Readonly<Record<RowKind, number>>) {
      for (const { kind, input, count, root } of options) {
        input.checked = chosen.includes(kind);
        count.textContent = formatCount(counts[kind]);
        root.hidden = counts[kind] === 0 && !input.checked;
      }
    },
  };
}
