import type { About, RowDetails } from '../protocol.ts';
import { byId, element } from '@rewardedit/pages/browser/dom';
import { formatCount, formatNumber } from '@rewardedit/pages/browser/format';
import { showText, shownText } from '@rewardedit/pages/browser/shown-text';

/** Judges may have long descriptions and many measures. */
const MOST_FACTS = 60;
const MOST_REPLIES = 10;

/** Shows the texts of a row: instruction, id, measures, and why scores are missing. */
export function showRowHead(row: RowDetails, { count }: Pick<About, 'count'>): void {
  const instruction = byId('instruction');
  showText(instruction, row.instruction === '' ? '(no instruction)' : row.instruction);
  const facts = factsOf(row, count);
  const rest = facts.length - MOST_FACTS;
  byId('meta').replaceChildren(
    ...facts.slice(0, MOST_FACTS).map(([name, value]) => fact(name, value)),
    ...(rest > 0 ? [fact('and', `${formatCount(rest)} more`)] : []),
  );
  byId('notices').replaceChildren(...noticesOf(row));
}

function factsOf(
  { position, id, kind, description, measures, judged }: RowDetails,
  count: number,
): (readonly [name: string, value: string])[] {
  return [
    ['row', `${formatCount(position + 1)} of ${formatCount(count)}`],
    ['id', id],
    ...(kind === undefined ? [] : [['kind', kind] as const]),
    ...(description === undefined ? [] : [['shows', description] as const]),
    ...measures.map(([name, value]) => [name, formatNumber(value)] as const),
    ...Object.entries(judged?.judge ?? {}).map(
      ([name, value]) => [name === 'name' ? 'judge' : `judge ${name}`, String(value)] as const,
    ),
  ];
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
    element('summary', {}, repliesTitle(replies.length)),
    ...replies.slice(0, MOST_REPLIES).map((reply) => shownText('pre', {}, reply)),
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

function repliesTitle(count: number): string {
  if (count === 1) return 'What the judge replied';
  const all = `The judge's ${formatCount(count)} replies`;
  return count > MOST_REPLIES ? `${all}, the first ${MOST_REPLIES}` : all;
}
