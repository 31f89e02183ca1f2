import { button, byId, element } from './dom.ts';
import type { ShortcutGroup } from './shortcuts.ts';

const KEY_NAMES: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  PageDown: 'PgDn',
  PageUp: 'PgUp',
  Escape: 'Esc',
};

/** Creates the dialog that lists all keys, followed by a note; returns the function that opens it. */
export function createHelp(groups: readonly ShortcutGroup[], note?: string): () => void {
  const dialog = byId('help') as HTMLDialogElement;
  const sections = groups.map(({ title, shortcuts }) =>
    element(
      'section',
      {},
      element('h3', {}, title),
      element(
        'dl',
        {},
        ...shortcuts.flatMap(({ keys, label }) => [
          element('dt', {}, ...keysOf(keys)),
          element('dd', {}, label),
        ]),
      ),
    ),
  );
  const close = button({ class: 'quiet' }, () => dialog.close(), 'Close');
  dialog.replaceChildren(
    element('header', {}, element('h2', {}, 'Keys'), close),
    element('div', { class: 'sections' }, ...sections),
    ...(note === undefined ? [] : [element('p', {}, note)]),
  );
  // A click outside closes it too.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return () => dialog.showModal();
}

function keysOf(keys: readonly string[]): HTMLElement[] {
  const digits = keys.every((key) => /^\d$/.test(key)) && keys.length > 2;
  const shown = digits ? [`${keys[0]} – ${keys.at(-1)}`] : keys;
  return shown.map((key) => element('kbd', {}, KEY_NAMES[key] ?? key));
}
