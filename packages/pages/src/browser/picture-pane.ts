import { element } from './dom.ts';
import { caption, imageOf, sizeText, sizeToPane } from './picture-frame.ts';
import type { NamedPicture, View } from './view.ts';

/** A picture with its name and size, which can be dragged if it is larger than its pane. */
export function picturePane({ title, picture }: NamedPicture): View & { readonly pane: HTMLElement } {
  const frame = element('div', { class: 'frame' }, imageOf(picture, title));
  const pane = element('div', { class: 'pane' }, frame);
  pane.addEventListener('pointerdown', (event) => {
    if (event.button === 0 && event.pointerType === 'mouse') pane.setPointerCapture(event.pointerId);
  });
  pane.addEventListener('pointermove', (event) => {
    if (!pane.hasPointerCapture(event.pointerId)) return;
    pane.scrollLeft -= event.movementX;
    pane.scrollTop -= event.movementY;
  });
  return {
    pane,
    root: element(
      'figure',
      { class: 'side-picture' },
      pane,
      caption('left', `${title} `, element('small', {}, sizeText(picture))),
    ),
    resize: (zoom) => sizeToPane(frame, pane, picture, zoom),
  };
}
