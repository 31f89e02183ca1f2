import type { About, RowSummary, RowsPage } from '../protocol.ts';
import { button, byId, element, setAttribute } from '@rewardedit/pages/browser/dom';
import { formatCount } from '@rewardedit/pages/browser/format';
import { scorePip } from '@rewardedit/pages/browser/score-pip';
import { shownText } from '@rewardedit/pages/browser/shown-text';
import { thumbnail } from './thumbnail.ts';

export type RowList = {
  /** Shows a page of rows. */
  show(page: RowsPage): void;
  /** Shows which row is the current one. */
  mark(row: number | undefined): void;
  /** Updates a changed row in place. */
  replace(row: RowSummary): void;
  /** Shows whether rows have changed since the list was made. */
  markOutdated(isOutdated: boolean): void;
  /** The number of rows side by side. */
  columns(): number;
};

export type RowListOptions = {
  readonly about: About;
  readonly onRow: (row: number) => void;
  readonly onPage: (page: number) => void;
  /** Lists the rows again, as they now match the filters and the order. */
  readonly onAnew: () => void;
};

/** The list of rows, one page at a time. */
export function createRowList({ about, onRow, onPage, onAnew }: RowListOptions): RowList {
  const list = byId('rows');
  const pager = createPager(about.rowsPerPage, { onPage, onAnew });
  byId('pager').replaceChildren(...pager.parts);
  let items = new Map<number, HTMLElement>();
  let current: number | undefined;

  const itemOf = (row: RowSummary) => rowItem(about, row, () => onRow(row.position));
  const mark = (row: number | undefined) => {
    current = row;
    for (const [position, item] of items) {
      const isCurrent = position === row;
      setAttribute(item, 'aria-current', isCurrent ? 'true' : undefined);
      // Tab reaches one of them; j and k the others.
      item.tabIndex = isCurrent || (row === undefined && position === items.keys().next().value) ? 0 : -1;
    }
    items.get(row ?? -1)?.scrollIntoView({ block: 'nearest' });
  };

  return {
    show(page) {
      items = new Map(page.rows.map((row) => [row.position, itemOf(row)]));
      const parts = [...items.values()].map((item) => element('li', {}, item));
      const none = element('p', { class: 'empty' }, 'No rows match.');
      list.replaceChildren(...(parts.length === 0 ? [none] : parts));
      list.scrollTop = 0;
      pager.update(page);
      mark(current);
    },
    mark,
    replace(row) {
      const old = items.get(row.position);
      if (old === undefined) return;
      const item = itemOf(row);
      items.set(row.position, item);
      const hadFocus = document.activeElement === old;
      old.replaceWith(item);
      if (hadFocus) item.focus();
      mark(current);
    },
    markOutdated: pager.markOutdated,
    columns() {
      const [first, ...rest] = items.values();
      const below = rest.findIndex(({ offsetTop }) => offsetTop > first.offsetTop);
      return below < 0 ? items.size : below + 1;
    },
  };
}

function rowItem(about: About, row: RowSummary, onClick: () => void): HTMLElement {
  const instruction = shownText(
    'bdi',
    { class: 'instruction' },
    row.instruction === '' ? '(no instruction)' : row.instruction,
  );
  const badges = [
    row.isCorrected
      ? element('span', { class: 'badge corrected', title: 'Corrected by a person' }, 'corrected')
      : undefined,
    row.isSetAside
      ? element('span', { class: 'badge aside', title: 'The judge set it aside' }, 'set aside')
      : undefined,
  ];
  return button(
    { class: 'row', 'data-row': row.position },
    onClick,
    element(
      'span',
      { class: 'pair' },
      thumbnail(row.position, 'original'),
      thumbnail(row.position, 'edited'),
      element('span', { class: 'badges' }, ...badges),
    ),
    element(
      'span',
      { class: 'about' },
      instruction,
      element(
        'span',
        { class: 'line' },
        ...about.perspectives.map((each) => scorePip(each, row.scores[each.name], about.highestScore)),
        element('span', { class: 'number' }, `#${formatCount(row.position + 1)}`),
      ),
    ),
  );
}

function createPager(rowsPerPage: number, { onPage, onAnew }: Pick<RowListOptions, 'onPage' | 'onAnew'>) {
  let page = 0;
  let pages = 1;
  const range = element('span', { class: 'shown' });
  const anew = button({ class: 'icon', id: 'anew', 'aria-label': 'Refresh the list' }, onAnew, '↻');
  const turn = (by: -1 | 1, label: string, sign: string) =>
    button({ class: 'icon', 'aria-label': label, title: label }, () => onPage(page + by), sign);
  const earlier = turn(-1, 'Previous page', '‹');
  const later = turn(1, 'Next page', '›');
  const input = element('input', { type: 'number', min: 1, 'aria-label': 'Page' });
  input.addEventListener('change', () => {
    const asked = Math.trunc(Number(input.value)) - 1;
    onPage(Math.min(pages - 1, Math.max(0, asked)));
  });
  const of = element('span');
  return {
    parts: [range, anew, element('span', { class: 'turn' }, earlier, input, of, later)],
    update({ page: now, total, rows }: RowsPage) {
      page = now;
      pages = Math.max(1, Math.ceil(total / rowsPerPage));
      const first = page * rowsPerPage + 1;
      const ends = [first, first + rows.length - 1].map(formatCount).join('–');
      range.textContent = `${rows.length === 0 ? 'none' : ends} of ${formatCount(total)}`;
      input.value = String(page + 1);
      input.max = String(pages);
      of.textContent = `of ${formatCount(pages)}`;
      earlier.disabled = page === 0;
      later.disabled = page >= pages - 1;
    },
    markOutdated(isOutdated: boolean) {
      anew.classList.toggle('outdated', isOutdated);
      anew.title = isOutdated
        ? 'Rows have been corrected since: refresh the list (r)'
        : 'Refresh the list (r)';
    },
  };
}
