import type { Perspective } from '@rewardedit/core';
import { VIEW_MODES, type ViewMode } from '@rewardedit/pages/browser/view';
import type { About, RowQuery } from '../protocol.ts';

/** The state in the fragment of the page's address: which rows, in which order, the current row, and how it is shown. */
export type Address = {
  readonly query: RowQuery;
  readonly page: number;
  readonly row: number | undefined;
  readonly view: ViewMode;
  readonly layout: 'list' | 'grid';
};

type Known = Pick<About, 'perspectives' | 'kinds' | 'highestScore' | 'count'>;

export const EVERY_ROW: RowQuery = {
  text: '',
  kinds: [],
  reward: 'any',
  corrected: 'any',
  scores: {},
  sort: 'position',
  descending: false,
};

const REWARDS: readonly RowQuery['reward'][] = ['any', 'complete', 'incomplete', 'set-aside'];
const CORRECTED: readonly RowQuery['corrected'][] = ['any', 'yes', 'no'];

/** Parses an address; invalid values count as absent. */
export function parseAddress(hash: string, known: Known): Address {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const kinds = (said.get('kind') ?? '').split(',');
  const scores: RowQuery['scores'] = {};
  for (const { name } of known.perspectives) {
    const range = parseRange(said.get(name), known.highestScore);
    if (range !== undefined) scores[name] = range;
  }
  const row = parseCount(said.get('row'));
  return {
    query: {
      text: (said.get('q') ?? '').slice(0, 500),
      kinds: known.kinds.filter((kind) => kinds.includes(kind)),
      reward: oneOf(REWARDS, said.get('reward')),
      corrected: oneOf(CORRECTED, said.get('corrected')),
      scores,
      sort: said.get('sort')?.slice(0, 300) ?? 'position',
      descending: said.has('descending'),
    },
    page: Math.max(0, (parseCount(said.get('page')) ?? 1) - 1),
    // Visible row and page numbers start at 1.
    row: row === undefined || row < 1 || row > known.count ? undefined : row - 1,
    view: oneOf(VIEW_MODES, said.get('view')),
    layout: oneOf(['list', 'grid'] as const, said.get('layout')),
  };
}

/** Formats an address, leaving out defaults. */
export function formatAddress({ query, page, row, view, layout }: Address): string {
  const said = new URLSearchParams();
  if (query.text !== '') said.set('q', query.text);
  if (query.kinds.length > 0) said.set('kind', query.kinds.join(','));
  if (query.reward !== 'any') said.set('reward', query.reward);
  if (query.corrected !== 'any') said.set('corrected', query.corrected);
  for (const [name, range] of Object.entries(query.scores)) said.set(name, range.join('-'));
  if (query.sort !== 'position') said.set('sort', query.sort);
  if (query.descending) said.set('descending', '');
  if (layout !== 'list') said.set('layout', layout);
  if (view !== 'side') said.set('view', view);
  if (page > 0) said.set('page', String(page + 1));
  if (row !== undefined) said.set('row', String(row + 1));
  return `#${said}`;
}

/** Returns the query with another range of scores, or without one if the range includes all of them. */
export function withRange(
  query: RowQuery,
  name: Perspective,
  range: readonly [number, number],
  highestScore: number,
): RowQuery {
  const scores = { ...query.scores };
  if (range[0] <= 0 && range[1] >= highestScore) delete scores[name];
  else scores[name] = [...range];
  return { ...query, scores };
}

function oneOf<Value extends string>(values: readonly Value[], said: string | null): Value {
  return values.find((value) => value === said) ?? values[0];
}

function parseCount(said: string | null): number | undefined {
  return said !== null && /^\d{1,10}$/.test(said) ? Number(said) : undefined;
}

function parseRange(said: string | null, highest: number): [number, number] | undefined {
  const [, from, to] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(said ?? '') ?? [];
  const range: [number, number] = [Number(from), Number(to)];
  return range[0] <= range[1] && range[1] <= highest ? range : undefined;
}
