import type { About, RowDetails, RowQuery, RowSummary, RowsPage, Saved } from '../protocol.ts';
import { formatAddress, parseAddress, type Address } from './address.ts';
import { problemOf } from '@rewardedit/pages/browser/problem';
import { api } from './api.ts';
import { announce, showBanner } from './banner.ts';
import { createComparison } from '@rewardedit/pages/browser/comparison';
import { createCorrections } from './corrections.ts';
import { byId } from '@rewardedit/pages/browser/dom';
import { createFilters } from './filters.ts';
import { formatCount } from '@rewardedit/pages/browser/format';
import { comparedPictures, loadPicture } from './pictures.ts';
import { createRowCache } from './row-cache.ts';
import { showRowHead } from './row-head.ts';
import { createRowList } from './row-list.ts';
import { showSaveState } from './save-state.ts';
import { createScoreCards } from './score-cards.ts';
import { createTabs } from './tabs.ts';
import { visibleText } from '@rewardedit/pages/browser/visible-text';

/** Which row of a list becomes the current one: its first, its last, or the previous one if it is listed. */
type Selection = 'first' | 'last' | 'listed';

export type App = ReturnType<typeof createApp>;

/** The page: the list, the current row, and corrections; the address holds the position. */
export function createApp(about: About) {
  let address = parseAddress(location.hash, about);
  let listed: RowsPage | undefined;
  let shown: RowDetails | undefined;
  let savedSinceListed = 0;
  const asked = { lists: 0, rows: 0 };
  /** The number of the last known save of each row, from this tab or another. */
  const newest = new Map<number, number>();
  const rows = createRowCache(api.details);

  const filters = createFilters(
    about,
    (query) => void list({ query, page: 0 }, { remember: true, select: 'listed' }),
  );
  const rowList = createRowList({
    about,
    onRow: (row) => void open(row),
    onPage: (page) => void list({ page }, { listOf: listed, select: 'first' }),
    onAnew: () => void list({}),
  });
  const comparison = createComparison({
    mode: address.view,
    onMode: (view) => moveTo({ view }),
    showsAll: false,
  });
  const tabs = createTabs((saved) => takeOver(saved));
  const corrections = createCorrections({
    send: api.save,
    onSaved(saved) {
      savedSinceListed += 1;
      takeOver(saved);
      tabs.tell(saved);
    },
    onState() {
      if (shown !== undefined) cards.show(shown);
      showSaveState(corrections.unsaved(), corrections.problem(), corrections.retry);
      rowList.markOutdated(savedSinceListed > 0);
    },
  });
  const cards = createScoreCards({ about, corrections });

  /** Writes changes into the address; the browser's history records queries, not every row. */
  const moveTo = (change: Partial<Address>, { remember = false } = {}) => {
    address = { ...address, ...change };
    document.body.dataset['layout'] = address.layout;
    byId('grid-button').ariaPressed = String(address.layout === 'grid');
    if (remember) history.pushState(undefined, '', formatAddress(address));
    else history.replaceState(undefined, '', formatAddress(address));
  };

  /** Enters a state saved by this tab or another. */
  const takeOver = ({ number, row, correction }: Saved) => {
    if ((newest.get(row.position) ?? 0) > number) return;
    newest.set(row.position, number);
    rows.changed(row.position);
    rowList.replace(row);
    if (shown?.position !== row.position) return;
    const { correction: _before, ...rest } = shown;
    shown = { ...rest, ...(correction !== undefined && { correction }) };
    cards.show(shown);
  };

  /**
   * Lists rows: a page of the list `listOf` if it exists, else a new list.
   *
   * @param select which row becomes the current one; by default the previous one, listed or not.
   */
  const list = async (
    change: { readonly query?: RowQuery; readonly page?: number },
    {
      listOf,
      select,
      remember = false,
    }: { listOf?: RowsPage | undefined; select?: Selection; remember?: boolean } = {},
  ) => {
    moveTo(change, { remember });
    filters.update(address.query, undefined);
    const number = (asked.lists += 1);
    document.body.classList.add('listing');
    let got: RowsPage;
    try {
      got = await api.rows(address.query, address.page, listOf?.list);
    } catch (error) {
      if (number === asked.lists) showBanner('listing', problemOf(error), () => void list(change));
      return;
    } finally {
      if (number === asked.lists) document.body.classList.remove('listing');
    }
    if (number !== asked.lists) return;
    showBanner('listing');
    if (got.list !== listed?.list) savedSinceListed = 0;
    listed = got;
    filters.update(address.query, got.facets);
    rowList.show(got);
    rowList.markOutdated(savedSinceListed > 0);
    if (got.rows.length === 0 && got.page > 0) {
      await list({ page: 0 }, { listOf: got, select: 'first' });
      return;
    }
    const chosen = chooseRow(got.rows, address.row, select);
    if (chosen !== undefined) await open(chosen, { layout: address.layout });
  };

  /** Shows a row with its pictures, and preloads those of the next one. */
  const open = async (row: number, { layout = 'list' }: { layout?: Address['layout'] } = {}) => {
    cards.commitText();
    moveTo({ row, layout });
    rowList.mark(row);
    const number = (asked.rows += 1);
    try {
      const got = await rows.get(row);
      if (number !== asked.rows) return;
      showBanner('row');
      shown = got;
      showRowHead(got, about);
      cards.show(got);
      byId('row').hidden = false;
      focusCards();
      announce(`Row ${formatCount(row + 1)}: ${visibleText(got.instruction.slice(0, 200))}`);
      await comparison.show(comparedPictures(got));
      prefetch(row);
    } catch (error) {
      if (number === asked.rows) showBanner('row', problemOf(error), () => void open(row));
    }
  };

  const prefetch = (row: number) => {
    const onPage = listed?.rows ?? [];
    const later = onPage[onPage.findIndex(({ position }) => position === row) + 1];
    if (later === undefined) return;
    const { position } = later;
    // A failure is reported when the row is shown.
    const ignore = () => undefined;
    rows.get(position).catch(ignore);
    loadPicture(position, 'original').catch(ignore);
    loadPicture(position, 'edited').catch(ignore);
  };

  /** Sends digits and Tab to the scores, unless the user is typing. */
  const focusCards = () => {
    const { activeElement } = document;
    const isTyping = activeElement?.matches('input, select, textarea') === true;
    if (!isTyping && address.layout === 'list') cards.focus();
  };

  return {
    cards,
    comparison,
    filters,
    start: () => list({}),
    /** Goes to the next or previous row, across the end of a page. */
    step(by: number) {
      if (listed === undefined || document.body.classList.contains('listing')) return;
      const { rows: onPage, page, total } = listed;
      const at = onPage.findIndex(({ position }) => position === address.row);
      const next = at < 0 ? onPage[0] : onPage[at + by];
      if (next !== undefined) {
        void open(next.position, { layout: address.layout });
        return;
      }
      const other = page + Math.sign(by);
      const isThere = other >= 0 && other * about.rowsPerPage < total;
      if (isThere) void list({ page: other }, { listOf: listed, select: by > 0 ? 'first' : 'last' });
    },
    turnPage(by: 1 | -1) {
      const page = address.page + by;
      if (listed === undefined || page < 0 || page * about.rowsPerPage >= listed.total) return;
      void list({ page }, { listOf: listed, select: 'first' });
    },
    /** The number of rows side by side in the list. */
    columns: () => rowList.columns(),
    listAnew: () => void list({}),
    toggleLayout: () => moveTo({ layout: address.layout === 'list' ? 'grid' : 'list' }),
    leaveGrid: () => moveTo({ layout: 'list' }),
    undo() {
      const row = corrections.undo();
      if (row !== undefined && row.position !== address.row) void open(row.position);
      announce(row === undefined ? 'Nothing to undo' : 'Undone');
    },
    /** Follows the address, for example after the browser's back button. */
    followAddress() {
      address = parseAddress(location.hash, about);
      void list({});
    },
    hasUnsaved() {
      const { saving, failed } = corrections.unsaved();
      return saving + failed > 0 || cards.hasUncommittedText();
    },
  };
}

function chooseRow(
  listed: readonly RowSummary[],
  current: number | undefined,
  select: Selection | undefined,
): number | undefined {
  const isListed = listed.some(({ position }) => position === current);
  const stays = select === undefined ? current !== undefined : select === 'listed' && isListed;
  return stays ? current : listed.at(select === 'last' ? -1 : 0)?.position;
}
