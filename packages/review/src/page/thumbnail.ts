import type { PictureRole } from '../protocol.ts';
import { problemOf } from '@rewardedit/pages/browser/problem';
import { element, setAttribute } from '@rewardedit/pages/browser/dom';
import { loadThumbnail } from './pictures.ts';
import { visibleText } from '@rewardedit/pages/browser/visible-text';

type Wanted = { readonly row: number; readonly role: PictureRole };

const wanted = new WeakMap<Element, Wanted>();

/** Loads thumbnails shortly before they come into view. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      const want = isIntersecting ? wanted.get(target) : undefined;
      if (want === undefined) continue;
      observer.unobserve(target);
      void fill(target as HTMLElement, want);
    }
  },
  { rootMargin: '200px' },
);

/** The thumbnail of a row, loaded when it is in view. */
export function thumbnail(row: number, role: PictureRole): HTMLElement {
  const frame = element('span', { class: 'thumbnail' });
  wanted.set(frame, { row, role });
  observer.observe(frame);
  return frame;
}

async function fill(frame: HTMLElement, { row, role }: Wanted): Promise<void> {
  try {
    const loaded = await loadThumbnail(row, role, () => frame.isConnected);
    if (loaded !== undefined)
      frame.replaceChildren(element('img', { src: loaded.url, alt: '', draggable: 'false' }));
  } catch (error) {
    frame.classList.add('broken');
    frame.textContent = '!';
    setAttribute(
      frame,
      'title',
      `The ${role} picture cannot be shown: ${visibleText(problemOf(error).message)}`,
    );
  }
}
