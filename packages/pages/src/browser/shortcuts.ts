/** What a key does. */
export type Shortcut = {
  /** As `KeyboardEvent.key` names them. */
  readonly keys: readonly string[];
  readonly label: string;
  /** Absent if the browser handles the key. */
  readonly run?: (key: string) => void;
};

export type ShortcutGroup = { readonly title: string; readonly shortcuts: readonly Shortcut[] };

const MOVED_BY_ARROWS = '.pane, [role=slider], input';
const TYPED_INTO = 'input:not([type=checkbox], [type=radio]), select, textarea';

/** Listens for the keys, except where text is typed or a dialog is open. */
export function listenForShortcuts(groups: readonly ShortcutGroup[]): void {
  const byKey = new Map(
    groups.flatMap(({ shortcuts }) => shortcuts.flatMap((each) => each.keys.map((key) => [key, each]))),
  );
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (!(target instanceof Element) || target.closest('dialog[open]') !== null) return;
    if (target.matches(TYPED_INTO) && key !== 'Escape') return;
    // Arrows scroll an enlarged picture, and move sliders.
    if (key.startsWith('Arrow') && target.matches(MOVED_BY_ARROWS)) return;
    if (key === 'Enter' && target.matches('button, summary')) return;
    const run = byKey.get(key)?.run;
    if (run === undefined) return;
    event.preventDefault();
    run(key);
  });
}
