import { problemOf } from './problem.ts';
import { element, setStyleNumber } from './dom.ts';
import type { LoadedPicture } from './view.ts';
import { shownText } from './shown-text.ts';

/** From this magnification on, pixels are shown as squares. */
const PIXELATED_FROM = 2;
const LARGEST_ENLARGEMENT = 32;

/** A label in a corner of a picture. */
export function caption(side: 'left' | 'right', ...children: (Node | string)[]): HTMLElement {
  return element('span', { class: `caption ${side}` }, ...children);
}

export function sizeText({ width, height }: { readonly width: number; readonly height: number }): string {
  return `${width} × ${height}`;
}

/** An image of a loaded picture. */
export function imageOf({ url }: LoadedPicture, alt: string): HTMLImageElement {
  return element('img', { src: url, alt, draggable: 'false' });
}

/** A notice in place of a picture that cannot be shown. */
export function brokenPicture(title: string, error: unknown): HTMLElement {
  const { message, where, hint } = problemOf(error);
  return element(
    'div',
    { class: 'broken-picture', role: 'note' },
    element('strong', {}, title),
    shownText('p', {}, message),
    where === undefined ? undefined : shownText('p', { class: 'where' }, where),
    hint === undefined ? undefined : shownText('p', { class: 'hint' }, hint),
  );
}

/**
 * Sizes a picture's frame: as large as fits into the pane, or at actual pixels, centred.
 *
 * @param size of the picture, in pixels.
 */
export function sizeToPane(
  frame: HTMLElement,
  pane: HTMLElement,
  size: { readonly width: number; readonly height: number },
  zoom: 'fit' | 'actual',
): void {
  const room = { width: pane.clientWidth, height: pane.clientHeight };
  const fitting = Math.min(room.width / size.width, room.height / size.height, LARGEST_ENLARGEMENT);
  const scale = zoom === 'fit' ? fitting : 1;
  setStyleNumber(frame, '--width', Math.max(1, Math.round(size.width * scale)));
  setStyleNumber(frame, '--height', Math.max(1, Math.round(size.height * scale)));
  frame.classList.toggle('pixelated', scale >= PIXELATED_FROM);
  pane.scrollLeft = (pane.scrollWidth - pane.clientWidth) / 2;
  pane.scrollTop = (pane.scrollHeight - pane.clientHeight) / 2;
}
