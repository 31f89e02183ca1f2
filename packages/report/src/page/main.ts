import { byId } from '@rewardedit/pages/browser/dom';
import { formatCount } from '@rewardedit/pages/browser/format';
import { createHelp } from '@rewardedit/pages/browser/help';
import { pictureShortcuts } from '@rewardedit/pages/browser/picture-shortcuts';
import { listenForShortcuts, type ShortcutGroup } from '@rewardedit/pages/browser/shortcuts';
import { visibleText } from '@rewardedit/pages/browser/visible-text';
import type { ReportData } from '../report-data.ts';
import { formatAddress, parseAddress, type Address, type ItemQuery } from './address.ts';
import { createItemFilters } from './item-filters.ts';
import { createItemList } from './item-list.ts';
import { createItemView } from './item-view.ts';
import { searchTexts, selectItems } from './select-items.ts';

const WIDE_ENOUGH_FOR_FILTERS = '(min-width: 1180px)';
/** Narrower pages show either the list or an item. */
const WIDE_ENOUGH_FOR_BOTH = '(min-width: 760px)';

function start(): void {
  const data = JSON.parse(byId('data').textContent ?? '') as ReportData;
  const known = { perspectives: data.perspectives, count: data.items.length };
  const texts = searchTexts(data.items);
  let address = parseAddress(location.hash, known);
  let listed: readonly number[] = [];

  const view = createItemView(data, { mode: address.view, onMode: (mode) => moveTo({ view: mode }) });
  const list = createItemList(data, (item) => open(item));
  const filters = createItemFilters(data, (query) => select(query));

  const moveTo = (change: Partial<Address>, { remember = false } = {}) => {
    address = { ...address, ...change };
    document.body.dataset['part'] = address.part;
    byId('summary-button').ariaPressed = String(address.part === 'summary');
    byId('items-button').ariaPressed = String(address.part === 'items');
    if (remember) history.pushState(undefined, '', formatAddress(address));
    else history.replaceState(undefined, '', formatAddress(address));
  };
  const showList = () => {
    listed = selectItems(data, texts, address.query);
    filters.update(address.query);
    list.show(listed);
    const [shown, all] = [listed.length, data.items.length].map(formatCount);
    byId('listed').textContent = shown === all ? `${all} items` : `${shown} of ${all} items`;
  };
  const select = (query: ItemQuery) => {
    moveTo({ query }, { remember: true });
    showList();
    if (listed.length > 0 && (address.item === undefined || !listed.includes(address.item))) mark(listed[0]);
  };
  const mark = (item: number) => {
    moveTo({ item });
    list.mark(item);
    view.show(item);
    byId('announcer').textContent =
      `Item ${formatCount(item + 1)}: ${visibleText(data.items[item].instruction.slice(0, 200))}`;
  };
  const open = (item: number) => {
    document.body.classList.add('one-item');
    mark(item);
  };
  const showPart = (part: Address['part']) => {
    moveTo({ part }, { remember: true });
    if (part === 'items') showItems();
  };
  const showItems = () => {
    showList();
    const item = address.item ?? listed[0];
    if (item === undefined) return;
    document.body.classList.toggle('one-item', matchMedia(WIDE_ENOUGH_FOR_BOTH).matches);
    mark(item);
  };
  const step = (by: number) => {
    const at = listed.indexOf(address.item ?? -1);
    const next = listed[at < 0 ? 0 : at + by];
    if (address.part === 'items' && next !== undefined) mark(next);
  };
  const toggleFilters = (isShown = !document.body.classList.contains('filtering')) => {
    document.body.classList.toggle('filtering', isShown);
    byId('filter-button').ariaExpanded = String(isShown);
  };
  const followAddress = () => {
    address = parseAddress(location.hash, known);
    moveTo({});
    if (address.part === 'items') showItems();
  };

  const { comparison } = view;
  let openHelp = () => {};
  const groups: ShortcutGroup[] = [
    {
      title: 'Items',
      shortcuts: [
        { keys: ['j', 'ArrowRight', 'ArrowDown'], label: 'next item', run: () => step(1) },
        { keys: ['k', 'ArrowLeft', 'ArrowUp'], label: 'previous item', run: () => step(-1) },
        { keys: ['PageDown'], label: 'ten items on', run: () => step(10) },
        { keys: ['PageUp'], label: 'ten items back', run: () => step(-10) },
        {
          keys: ['/'],
          label: 'search',
          run() {
            showPart('items');
            toggleFilters(true);
            filters.focusSearch();
          },
        },
        { keys: ['f'], label: 'show or hide the filters', run: () => toggleFilters() },
      ],
    },
    pictureShortcuts(comparison, [
      { keys: ['e'], label: 'compare the edit of the next run', run: () => comparison.nextEdit() },
    ]),
    {
      title: 'Page',
      shortcuts: [
        { keys: ['s'], label: 'the summary', run: () => showPart('summary') },
        { keys: ['i'], label: 'the items', run: () => showPart('items') },
        { keys: ['?'], label: 'these keys', run: () => openHelp() },
      ],
    },
  ];
  openHelp = createHelp(groups);
  listenForShortcuts(groups);
  byId('help-button').addEventListener('click', openHelp);
  byId('summary-button').addEventListener('click', () => showPart('summary'));
  byId('items-button').addEventListener('click', () => showPart('items'));
  byId('filter-button').addEventListener('click', () => toggleFilters());
  byId('back-button').addEventListener('click', () => document.body.classList.remove('one-item'));
  window.addEventListener('popstate', followAddress);
  toggleFilters(matchMedia(WIDE_ENOUGH_FOR_FILTERS).matches);
  byId('count').textContent = `${formatCount(data.items.length)} items`;
  followAddress();
}

start();
