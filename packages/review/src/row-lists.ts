import type { RowQuery } from './protocol.ts';
import type { Selection } from './select-rows.ts';

/** The lists that pages of rows are taken from. */
export type RowLists = {
  /** The list of this number if it is still there and of this query, else a new one. */
  find(query: RowQuery, list: number | undefined): RowList;
};

export type RowList = Selection & { readonly list: number };

/** A few lists for each tab that is open: a list of 100,000 rows takes 400 KB. */
const LISTS_KEPT = 16;

/** Keeps the lists that were used last. */
export function createRowLists(select: (query: RowQuery) => Selection): RowLists {
  const lists = new Map<number, RowList & { readonly query: string }>();
  let last = 0;
  return {
    find(query, list) {
      const key = JSON.stringify(query);
      const kept = list === undefined ? undefined : lists.get(list);
      const found = kept?.query === key ? kept : { ...select(query), list: (last += 1), query: key };
      lists.delete(found.list);
      lists.set(found.list, found);
      const [oldest] = lists.keys();
      if (lists.size > LISTS_KEPT) lists.delete(oldest);
      return found;
    },
  };
}
