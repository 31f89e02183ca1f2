import { element } from './dom.ts';
import { brokenPicture } from './picture-frame.ts';
import { picturePane } from './picture-pane.ts';
import type { NamedPicture, View } from './view.ts';

/** A picture, or the error why it cannot be shown. */
export type ShownPicture = NamedPicture | { readonly title: string; readonly error: unknown };

/** Pictures side by side, which scroll together, with a notice in place of one that cannot be shown. */
export function sideView(pictures: readonly ShownPicture[]): View {
  const panes = pictures.map((shown) => ('picture' in shown ? picturePane(shown) : brokenPane(shown)));
  const scrolled = panes.flatMap(({ pane }) => pane ?? []);
  for (const pane of scrolled) {
    pane.addEventListener('scroll', () => {
      for (const other of scrolled) {
        if (other.scrollLeft !== pane.scrollLeft) other.scrollLeft = pane.scrollLeft;
        if (other.scrollTop !== pane.scrollTop) other.scrollTop = pane.scrollTop;
      }
    });
  }
  return {
    root: element('div', { class: 'view side' }, ...panes.map(({ root }) => root)),
    resize(zoom) {
      for (const pane of panes) pane.resize(zoom);
    },
  };
}

function brokenPane({ title, error }: { readonly title: string; readonly error: unknown }): View & {
  readonly pane?: HTMLElement;
} {
  const notice = brokenPicture(`The ${title.toLowerCase()} picture cannot be shown`, error);
  return { root: element('figure', { class: 'side-picture' }, notice), resize: () => undefined };
}
