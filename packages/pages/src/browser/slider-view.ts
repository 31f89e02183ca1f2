import { element, setAttribute, setStyleNumber } from './dom.ts';
import { caption, imageOf, sizeToPane } from './picture-frame.ts';
import type { Pair, View } from './view.ts';

export type SliderView = View & {
  /** Moves the border by a percentage of the width. */
  move(by: number): void;
};

/**
 * Shows both pictures in one place: the reference left of a border, the edited one right of it.
 *
 * @param position of the border, in percent of the width; `onMove` is called with the new one.
 */
export function sliderView(
  { reference, edited }: Pair,
  position: number,
  onMove: (position: number) => void,
): SliderView {
  const handle = element('div', {
    class: 'handle',
    role: 'slider',
    tabindex: 0,
    'aria-label': `Border between ${reference.title} and ${edited.title}`,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
  });
  const frame = element(
    'div',
    { class: 'frame wipe' },
    imageOf(reference.picture, reference.title),
    imageOf(edited.picture, edited.title),
    caption('left', reference.title),
    caption('right', edited.title),
    handle,
  );
  const pane = element('div', { class: 'pane' }, frame);
  let at = position;
  const moveTo = (to: number) => {
    at = Math.min(100, Math.max(0, to));
    setStyleNumber(frame, '--border', at / 100);
    setAttribute(handle, 'aria-valuenow', Math.round(at));
    onMove(at);
  };
  const moveToPointer = ({ clientX }: PointerEvent) => {
    const { left, width } = frame.getBoundingClientRect();
    moveTo(((clientX - left) / width) * 100);
  };
  frame.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    moveToPointer(event);
  });
  frame.addEventListener('pointermove', (event) => {
    if (frame.hasPointerCapture(event.pointerId)) moveToPointer(event);
  });
  handle.addEventListener('keydown', (event) => {
    const to = { ArrowLeft: at - 2, ArrowRight: at + 2, Home: 0, End: 100 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(to);
  });
  moveTo(position);
  return {
    root: element('div', { class: 'view' }, pane),
    resize: (zoom) => sizeToPane(frame, pane, reference.picture, zoom),
    move: (by) => moveTo(at + by),
  };
}
