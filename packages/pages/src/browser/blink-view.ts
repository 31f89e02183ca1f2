import { element, setAttribute } from './dom.ts';
import { caption, imageOf, sizeToPane } from './picture-frame.ts';
import type { Pair, View } from './view.ts';

export type BlinkView = View & {
  /** Shows the other picture. */
  flip(): void;
};

/** Shows both pictures in one place, one at a time: differences appear to move. */
export function blinkView({ reference, edited }: Pair): BlinkView {
  const images = [reference, edited].map(({ title, picture }) => imageOf(picture, title));
  const labels = [reference, edited].map(({ title }, number) =>
    caption(number === 0 ? 'left' : 'right', title),
  );
  const frame = element(
    'div',
    { class: 'frame stacked', title: 'Click to show the other picture' },
    ...images,
    ...labels,
  );
  const pane = element('div', { class: 'pane' }, frame);
  let shown = 1;
  const show = (number: number) => {
    shown = number;
    for (const parts of [images, labels])
      for (const [index, part] of parts.entries()) {
        part.classList.toggle('away', index !== shown);
        setAttribute(part, 'aria-hidden', index === shown ? undefined : 'true');
      }
  };
  const flip = () => show(1 - shown);
  frame.addEventListener('click', flip);
  show(shown);
  return {
    root: element('div', { class: 'view' }, pane),
    resize: (zoom) => sizeToPane(frame, pane, reference.picture, zoom),
    flip,
  };
}
