import { problemOf } from '@rewardedit/pages/browser/problem';
import { api } from './api.ts';
import { createApp, type App } from './app.ts';
import { showBanner } from './banner.ts';
import { button, byId } from '@rewardedit/pages/browser/dom';
import { formatCount } from '@rewardedit/pages/browser/format';
import { createHelp } from '@rewardedit/pages/browser/help';
import { showText } from '@rewardedit/pages/browser/shown-text';
import { pictureShortcuts } from '@rewardedit/pages/browser/picture-shortcuts';
import { listenForShortcuts, type ShortcutGroup } from '@rewardedit/pages/browser/shortcuts';

const WIDE_ENOUGH_FOR_FILTERS = '(min-width: 1180px)';
const DIGITS = ['0', '1', '2', '3', '4', '5'];

const CORRECTIONS_NOTE =
  'A correction is saved at once, and overrides the judge’s score; the judge’s answers stay unchanged. ' +
  'Once a person has scored a perspective, the judge’s text on it no longer counts.';

type PageActions = {
  readonly showFilters: () => void;
  readonly toggleFilters: () => void;
  readonly openHelp: () => void;
};

function shortcutsOf(app: App, { showFilters, toggleFilters, openHelp }: PageActions): ShortcutGroup[] {
  const { cards, comparison, filters } = app;
  return [
    {
      title: 'Rows',
      shortcuts: [
        { keys: ['j', 'ArrowRight'], label: 'next row', run: () => app.step(1) },
        { keys: ['k', 'ArrowLeft'], label: 'previous row', run: () => app.step(-1) },
        { keys: ['ArrowDown'], label: 'row below', run: () => app.step(app.columns()) },
        { keys: ['ArrowUp'], label: 'row above', run: () => app.step(-app.columns()) },
        { keys: ['PageDown'], label: 'next page', run: () => app.turnPage(1) },
        { keys: ['PageUp'], label: 'previous page', run: () => app.turnPage(-1) },
        {
          keys: ['/'],
          label: 'search',
          run() {
            showFilters();
            filters.focusSearch();
          },
        },
        { keys: ['f'], label: 'show or hide the filters', run: toggleFilters },
        { keys: ['Enter'], label: 'open the selected row of the grid', run: () => app.leaveGrid() },
        { keys: ['g'], label: 'grid, or one row with its list', run: () => app.toggleLayout() },
        { keys: ['r'], label: 'refresh the list', run: () => app.listAnew() },
      ],
    },
    {
      title: 'Scores',
      shortcuts: [
        { keys: DIGITS, label: 'score the active perspective', run: (key) => cards.score(Number(key)) },
        { keys: ['.'], label: 'half a point more', run: () => cards.toggleHalf() },
        { keys: ['Tab'], label: 'next perspective' },
        { keys: ['e'], label: 'write what failed', run: () => cards.focusText() },
        { keys: ['x'], label: 'withdraw the correction', run: () => cards.withdraw() },
        { keys: ['u'], label: 'undo the last change', run: () => app.undo() },
      ],
    },
    pictureShortcuts(comparison),
    {
      title: 'Page',
      shortcuts: [
        { keys: ['?'], label: 'these keys', run: openHelp },
        { keys: ['Escape'], label: 'back to the scores', run: () => cards.focus() },
      ],
    },
  ];
}

/** Shows or hides the panel of filters; on a narrow screen it is hidden at first, and above the list. */
function createFilterPanel(): (isShown?: boolean) => void {
  const toggle = button(
    { 'aria-expanded': 'true', title: 'Show or hide the filters (f)' },
    () => show(),
    'Filters',
  );
  const show = (isShown = !document.body.classList.contains('filtering')) => {
    document.body.classList.toggle('filtering', isShown);
    toggle.ariaExpanded = String(isShown);
  };
  byId('filter-toggle').replaceChildren(toggle);
  show(matchMedia(WIDE_ENOUGH_FOR_FILTERS).matches);
  return show;
}

async function start(): Promise<void> {
  const about = await api.about();
  document.title = `${about.name} · RewardEdit review`;
  showText(byId('name'), about.name);
  byId('count').textContent = `${formatCount(about.count)} rows`;
  if (about.judge !== undefined) showText(byId('judge'), about.judge);
  const app = createApp(about);
  const toggleFilters = createFilterPanel();
  let openHelp = () => {};
  const groups = shortcutsOf(app, {
    showFilters: () => toggleFilters(true),
    toggleFilters: () => toggleFilters(),
    openHelp: () => openHelp(),
  });
  openHelp = createHelp(groups, CORRECTIONS_NOTE);
  byId('help-button').addEventListener('click', openHelp);
  byId('grid-button').addEventListener('click', app.toggleLayout);
  listenForShortcuts(groups);
  window.addEventListener('popstate', app.followAddress);
  window.addEventListener('beforeunload', (event) => {
    if (app.hasUnsaved()) event.preventDefault();
  });
  await app.start();
}

start().catch((error: unknown) => showBanner('listing', problemOf(error), () => location.reload()));
