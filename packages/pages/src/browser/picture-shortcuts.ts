import type { Comparison } from './comparison.ts';
import type { Shortcut, ShortcutGroup } from './shortcuts.ts';

/** The percentage of a picture's width by which a key moves the slider. */
const SLIDER_STEP = 5;

/** The keys that compare the pictures of an edit, the same on every page; `more` are the page's own. */
export function pictureShortcuts(comparison: Comparison, more: readonly Shortcut[] = []): ShortcutGroup {
  return {
    title: 'Pictures',
    shortcuts: [
      { keys: ['v'], label: 'next view', run: () => comparison.nextMode() },
      { keys: ['b'], label: 'blink: the other picture', run: () => comparison.flip() },
      { keys: ['z'], label: 'zoom: actual pixels, or fit', run: () => comparison.toggleZoom() },
      { keys: ['t'], label: 'compare with the true edit', run: () => comparison.toggleReference() },
      { keys: ['['], label: 'slider to the left', run: () => comparison.moveSlider(-SLIDER_STEP) },
      { keys: [']'], label: 'slider to the right', run: () => comparison.moveSlider(SLIDER_STEP) },
      ...more,
    ],
  };
}
