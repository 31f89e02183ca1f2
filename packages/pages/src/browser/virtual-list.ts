import { element, setAttribute } from './dom.ts';

export type VirtualList = {
  /** Shows other rows, given as numbers; scrolls the current one into view if it is among them. */
  show(rows: readonly number[]): void;
  /** Makes a row the current one, and scrolls it into view. */
  mark(row: number | undefined): void;
};

export type VirtualListOptions = {
  /** Contains the list and scrolls; it must have a fixed height. */
  readonly scroller: HTMLElement;
  /** Height of every row in pixels. */
  readonly rowHeight: number;
  readonly rowOf: (row: number) => HTMLElement;
};

/** Rows rendered beyond the edges, for scrolling. */
const MARGIN = 8;

/** A list of any length, of which only the rows in view are elements. */
export function createVirtualList({ scroller, rowHeight, rowOf }: VirtualListOptions): VirtualList {
  let rows: readonly number[] = [];
  let current: number | undefined;
  const inView = new Map<number, HTMLElement>();
  const list = element('ol', { class: 'virtual' });
  scroller.replaceChildren(list);

  const render = () => {
    const first = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - MARGIN);
    const last = Math.min(
      rows.length,
      Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowHeight) + MARGIN,
    );
    const wanted = new Set(rows.slice(first, last));
    for (const [row, item] of inView) {
      if (wanted.has(row)) continue;
      item.remove();
      inView.delete(row);
    }
    for (const [offset, row] of rows.slice(first, last).entries()) {
      const item = inView.get(row) ?? element('li', {}, rowOf(row));
      item.style.top = `${(first + offset) * rowHeight}px`;
      setAttribute(item, 'aria-setsize', rows.length);
      setAttribute(item, 'aria-posinset', first + offset + 1);
      setAttribute(item.firstElementChild!, 'aria-current', row === current ? 'true' : undefined);
      if (!inView.has(row)) list.append(item);
      inView.set(row, item);
    }
  };
  const reveal = () => {
    const at = current === undefined ? -1 : rows.indexOf(current);
    if (at < 0) return;
    const [top, bottom] = [at * rowHeight, (at + 1) * rowHeight];
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (bottom > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = bottom - scroller.clientHeight;
  };
  scroller.addEventListener('scroll', render, { passive: true });
  new ResizeObserver(render).observe(scroller);

  return {
    show(shown) {
      rows = shown;
      list.style.height = `${rows.length * rowHeight}px`;
      reveal();
      render();
    },
    mark(row) {
      current = row;
      reveal();
      render();
    },
  };
}
