import { VIEW_MODES, type ViewMode } from '@rewardedit/pages/browser/view';

/** Which items are listed, and in which order. */
export type ItemQuery = {
  readonly text: string;
  /** Kinds to list; empty for all. */
  readonly kinds: readonly string[];
  /** The lowest and the highest score of the last run, by perspective. */
  readonly scores: Readonly<Record<string, readonly [number, number]>>;
  /** 'position', or a key of `sortKeys`. */
  readonly sort: string;
  readonly descending: boolean;
};

/** The state in the fragment of the page's address. */
export type Address = {
  readonly part: 'summary' | 'items';
  readonly query: ItemQuery;
  readonly item: number | undefined;
  readonly view: ViewMode;
};

export const EVERY_ITEM: ItemQuery = { text: '', kinds: [], scores: {}, sort: 'position', descending: false };

/** Parses an address; invalid values count as absent. */
export function parseAddress(
  hash: string,
  { perspectives, count }: { readonly perspectives: readonly string[]; readonly count: number },
): Address {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const item = Number(said.get('item') ?? 0);
  const ranges = perspectives.flatMap((name): [string, readonly [number, number]][] => {
    const [, from, to] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(said.get(name) ?? '') ?? [];
    return from === undefined || Number(from) > Number(to) ? [] : [[name, [Number(from), Number(to)]]];
  });
  const kinds = (said.get('kind') ?? '').split(',').filter((kind) => kind !== '');
  return {
    part: said.get('part') === 'items' ? 'items' : 'summary',
    query: {
      text: said.get('q') ?? '',
      kinds,
      scores: Object.fromEntries(ranges),
      sort: said.get('sort') ?? 'position',
      descending: said.has('descending'),
    },
    item: Number.isInteger(item) && item >= 1 && item <= count ? item - 1 : undefined,
    view: VIEW_MODES.find((mode) => mode === said.get('view')) ?? 'side',
  };
}

/** Formats an address, leaving out defaults. */
export function formatAddress({ part, query, item, view }: Address): string {
  const said = new URLSearchParams();
  if (part !== 'summary') said.set('part', part);
  if (query.text !== '') said.set('q', query.text);
  if (query.kinds.length > 0) said.set('kind', query.kinds.join(','));
  for (const [name, range] of Object.entries(query.scores)) said.set(name, range.join('-'));
  if (query.sort !== 'position') said.set('sort', query.sort);
  if (query.descending) said.set('descending', '');
  if (item !== undefined) said.set('item', String(item + 1));
  if (view !== 'side') said.set('view', view);
  return `#${said}`;
}
