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

/** Which row of a list becomes the current one: its first, its last, or the one that was, as long as it is listed. */
type Selection = 'first' | 'last' | 'listed';

export type App = ReturnType<typeof createApp>;

/** The page: what is listed, which row is shown, and what people change; the address says where one is. */
export function createApp(about: About) {
  let address = parseAddress(location.hash, about);
  let listed: RowsPage | undefined;
  let shown: RowDetails | undefined;
  let savedSinceListed = 0;
  const asked = { lists: 0, rows: 0 };
  /** The number of the last save of each row that was heard of, from here or from another tab. */
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

  /** Puts what has changed into the address; what leads back is the query, not each row that one has seen. */
  const moveTo = (change: Partial<Address>, { remember = false } = {}) => {
    address = { ...address, ...change };
    document.body.dataset['layout'] = address.layout;
    byId('grid-button').ariaPressed = String(address.layout === 'grid');
    if (remember) history.pushState(undefined, '', formatAddress(address));
    else history.replaceState(undefined, '', formatAddress(address));
  };

  /** Enters what is on the disk now, whoever changed it. */
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
   * Lists rows: the page of a list that is there already where `listOf` is one, else a new list.
   *
   * @param select which row becomes the current one; the one that was, listed or not by default.
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

  /** Shows a row with its pictures, and loads those of the next one. */
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
    // What fails is told when the row is shown.
    const ignore = () => undefined;
    rows.get(position).catch(ignore);
    loadPicture(position, 'original').catch(ignore);
    loadPicture(position, 'edited').catch(ignore);
  };

  /** So that digits and Tab go to the scores, unless something is being typed. */
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
    /** The row after, or before, the current one; beyond the page's end, that of the next page. */
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
    /** Rows side by side in the list. */
    columns: () => rowList.columns(),
    listAnew: () => void list({}),
    toggleLayout: () => moveTo({ layout: address.layout === 'list' ? 'grid' : 'list' }),
    leaveGrid: () => moveTo({ layout: 'list' }),
    undo() {
      const row = corrections.undo();
      if (row !== undefined && row.position !== address.row) void open(row.position);
      announce(row === undefined ? 'Nothing to take back' : 'Taken back');
    },
    /** Goes to where the address says, as after the browser's back button. */
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
