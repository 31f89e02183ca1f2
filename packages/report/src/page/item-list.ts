import { button, byId, element } from '@rewardedit/pages/browser/dom';
import { formatCount } from '@rewardedit/pages/browser/format';
import { scorePip } from '@rewardedit/pages/browser/score-pip';
import { shownText } from '@rewardedit/pages/browser/shown-text';
import { createVirtualList, type VirtualList } from '@rewardedit/pages/browser/virtual-list';
import type { ReportData } from '../report-data.ts';

/** In pixels; must match report.css. */
const ROW_HEIGHT = 72;

/** The number of runs whose pictures a row shows; the item shows all. */
const PICTURES_IN_ROW = 3;

/** The list of items. */
export function createItemList(data: ReportData, onItem: (item: number) => void): VirtualList {
  return createVirtualList({
    scroller: byId('rows'),
    rowHeight: ROW_HEIGHT,
    rowOf: (item) => rowOf(data, item, () => onItem(item)),
  });
}

function rowOf(data: ReportData, number: number, onClick: () => void): HTMLElement {
  const { instruction, original, edits } = data.items[number];
  const shown = [original, ...edits.slice(0, PICTURES_IN_ROW).map((edit) => edit?.picture)];
  return button(
    { class: 'row', 'data-row': number },
    onClick,
    element('span', { class: 'pair' }, ...shown.map((picture) => smallPicture(data, picture))),
    element(
      'span',
      { class: 'about' },
      shownText('bdi', { class: 'instruction' }, instruction === '' ? '(no instruction)' : instruction),
      element(
        'span',
        { class: 'line' },
        ...pips(data, number),
        element('span', { class: 'number' }, `#${formatCount(number + 1)}`),
      ),
    ),
  );
}

/** The scores of the last run, which is compared with the first. */
function pips({ columns, perspectives, items, runs, highestScore }: ReportData, number: number) {
  const values = items[number].edits[runs.length - 1]?.values;
  return perspectives.map((name) => {
    const column = columns.findIndex((each) => each.name === name);
    return scorePip({ name, title: columns[column].label }, values?.[column] ?? undefined, highestScore);
  });
}

function smallPicture({ pictures }: ReportData, picture: number | undefined): HTMLElement {
  const address = picture === undefined ? null : pictures[picture];
  const frame = element('span', { class: 'thumbnail' });
  if (address !== null) {
    const image = element('img', { src: address, alt: '', loading: 'lazy', decoding: 'async' });
    image.addEventListener('error', () => image.remove());
    frame.append(image);
  }
  return frame;
}
