import type { About, RowDetails } from '../protocol.ts';
import { byId, element } from './dom.ts';
import { formatCount, formatNumber } from './format.ts';
import { showText, shownText } from './shown-text.ts';

/** Shows what is written about a row: the instruction, what it is called, what was measured, why it lacks scores. */
export function showRowHead(row: RowDetails, { count }: Pick<About, 'count'>): void {
  const instruction = byId('instruction');
  showText(instruction, row.instruction === '' ? '(no instruction)' : row.instruction);
  byId('meta').replaceChildren(
    fact('row', `${formatCount(row.position + 1)} of ${formatCount(count)}`),
    fact('id', row.id),
    ...(row.kind === undefined ? [] : [fact('kind', row.kind)]),
    ...(row.description === undefined ? [] : [fact('shows', row.description)]),
    ...row.measures.map(([name, value]) => fact(name, formatNumber(value))),
    ...Object.entries(row.judged?.judge ?? {}).map(([name, value]) =>
      fact(name === 'name' ? 'judge' : `judge ${name}`, String(value)),
    ),
  );
  byId('notices').replaceChildren(...noticesOf(row));
}

function fact(name: string, value: string): HTMLElement {
  return element(
    'span',
    { class: 'fact' },
    shownText('span', { class: 'name' }, name),
    ' ',
    shownText('bdi', {}, value),
  );
}

function noticesOf({ missing, setAside }: RowDetails): HTMLElement[] {
  const reason = setAside?.reason ?? missing;
  if (reason === undefined) return [];
  const title = setAside === undefined ? 'The judge gave no full reward' : 'The judge set this triplet aside';
  const replies = setAside?.replies ?? [];
  const said = element(
    'details',
    {},
    element(
      'summary',
      {},
      replies.length === 1 ? 'What the judge replied' : `The judge's ${replies.length} replies`,
    ),
    ...replies.map((reply) => shownText('pre', {}, reply)),
  );
  return [
    element(
      'div',
      { class: 'notice' },
      element('strong', {}, `${title}: `),
      shownText('span', {}, reason),
      replies.length === 0 ? undefined : said,
    ),
  ];
}
