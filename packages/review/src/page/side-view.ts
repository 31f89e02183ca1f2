import { element } from './dom.ts';
import { brokenPicture } from './picture-frame.ts';
import { picturePane } from './picture-pane.ts';
import type { NamedPicture, Pair, View } from './view.ts';

/** Two pictures side by side, which scroll together. */
export function sideView({ reference, edited }: Pair): View {
  const panes = [reference, edited].map(picturePane);
  for (const [number, { pane }] of panes.entries()) {
    const other = panes[1 - number].pane;
    pane.addEventListener('scroll', () => {
      if (other.scrollLeft !== pane.scrollLeft) other.scrollLeft = pane.scrollLeft;
      if (other.scrollTop !== pane.scrollTop) other.scrollTop = pane.scrollTop;
    });
  }
  return besideEachOther(panes);
}

/** What there is of a pair of which not both pictures can be shown, and why not. */
export function brokenView(
  parts: readonly (NamedPicture | { readonly title: string; readonly error: unknown })[],
): View {
  const views = parts.map((part): View => {
    if ('picture' in part) return picturePane(part);
    const notice = brokenPicture(`The ${part.title.toLowerCase()} picture cannot be shown`, part.error);
    return { root: element('figure', { class: 'side-picture' }, notice), resize: () => undefined };
  });
  return besideEachOther(views);
}

function besideEachOther(views: readonly View[]): View {
  return {
    root: element('div', { class: 'view side' }, ...views.map(({ root }) => root)),
    resize(zoom) {
      for (const view of views) view.resize(zoom);
    },
  };
}
