import { createComparison, type Comparison, type PictureSource } from '@rewardedit/pages/browser/comparison';
import { decodePicture } from '@rewardedit/pages/browser/decode-picture';
import { byId, element } from '@rewardedit/pages/browser/dom';
import { formatCount } from '@rewardedit/pages/browser/format';
import { ProblemError } from '@rewardedit/pages/browser/problem';
import { shownText, showText } from '@rewardedit/pages/browser/shown-text';
import type { ViewMode } from '@rewardedit/pages/browser/view';
import type { ReportData, ReportItem } from '../report-data.ts';

export type ItemView = {
  readonly comparison: Comparison;
  show(item: number): void;
};

/** One item: its instruction, its pictures compared, and the values and feedback of each run. */
export function createItemView(
  data: ReportData,
  { mode, onMode }: { readonly mode: ViewMode; readonly onMode: (mode: ViewMode) => void },
): ItemView {
  const comparison = createComparison({ mode, onMode, showsAll: true });
  return {
    comparison,
    show(number) {
      const item = data.items[number];
      byId('item').hidden = false;
      showText(byId('instruction'), item.instruction === '' ? '(no instruction)' : item.instruction);
      byId('meta').replaceChildren(
        ...[
          ['item', `${formatCount(number + 1)} of ${formatCount(data.items.length)}`],
          ['id', item.id],
          ...(item.kind === undefined ? [] : [['kind', item.kind]]),
        ].map(([name, value]) => fact(name, value)),
      );
      byId('findings').replaceChildren(valuesTable(data, item), ...feedbackOf(data, item));
      void comparison.show({
        original: source(data, 'Original', item.original),
        truth: item.truth === undefined ? undefined : source(data, 'True edit', item.truth),
        edits: data.runs.map((run, index) =>
          source(data, data.runs.length === 1 ? 'Edited' : run, item.edits[index]?.picture),
        ),
      });
    },
  };
}

function fact(name: string, value: string): HTMLElement {
  return element(
    'span',
    { class: 'fact' },
    element('span', { class: 'name' }, `${name} `),
    shownText('bdi', {}, value),
  );
}

function source({ pictures }: ReportData, title: string, picture: number | undefined): PictureSource {
  return {
    title,
    async load() {
      if (picture === undefined) throw new ProblemError({ message: 'this run has no edit for this item' });
      const address = pictures[picture];
      if (address === null)
        throw new ProblemError({
          message: 'the picture is not embedded in this file',
          hint: 'a report without --single-file links every picture instead',
        });
      return decodePicture(address).catch(() => {
        throw new ProblemError({
          message: 'the file cannot be read as a picture',
          ...(!address.startsWith('data:') && { where: decodeURI(address) }),
          hint: 'the report expects its pictures where they were when it was written',
        });
      });
    },
  };
}

/** Every value of every run, and the differences to the first run. */
function valuesTable({ columns, runs }: ReportData, { edits }: ReportItem): HTMLElement {
  const hasBase = runs.length > 1;
  const header = ['', ...runs.flatMap((run, index) => (index > 0 ? [run, `less ${runs[0]}`] : [run]))];
  const rows = columns.flatMap(({ label, digits }, column) => {
    const values = edits.map((edit) => edit?.values[column] ?? null);
    if (values.every((value) => value === null)) return [];
    const cells = values.flatMap((value, run) => {
      const own = value === null ? '–' : value.toFixed(digits);
      if (run === 0 || !hasBase) return [own];
      return [own, value === null || values[0] === null ? '–' : signed(value - values[0], digits)];
    });
    return [[label, ...cells]];
  });
  if (rows.length === 0)
    return element('p', { class: 'empty' }, 'There are no scores or measurements for this item.');
  return element(
    'div',
    { class: 'table' },
    element(
      'table',
      {},
      element('thead', {}, rowElement('th', header)),
      element('tbody', {}, ...rows.map((cells) => rowElement('td', cells))),
    ),
  );
}

function rowElement(tag: 'td' | 'th', cells: readonly string[]): HTMLElement {
  return element('tr', {}, ...cells.map((cell) => element(tag, {}, shownText('bdi', {}, cell))));
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) > 0 ? `+${text}` : text.replace(/^-(?=0(?:\.0*)?$)/, '');
}

/** Feedback of the judge or a person, run by run. */
function feedbackOf({ columns, perspectives, runs }: ReportData, { edits }: ReportItem): HTMLElement[] {
  return runs.flatMap((run, index) => {
    const said = edits[index]?.feedback ?? {};
    const parts = perspectives.flatMap((name) => {
      const text = said[name];
      if (text === undefined || text === '') return [];
      const title = columns.find((column) => column.name === name)?.label ?? name;
      return [element('dt', {}, title), element('dd', {}, shownText('bdi', {}, text))];
    });
    if (parts.length === 0) return [];
    const title = runs.length === 1 ? 'What failed' : `What failed: ${run}`;
    return [element('section', { class: 'feedback' }, element('h3', {}, title), element('dl', {}, ...parts))];
  });
}
