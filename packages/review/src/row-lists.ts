import type { RowQuery } from './protocol.ts';
import type { Selection } from './select-rows.ts';

/** The lists of rows that pages are cut from. */
export type RowLists = {
  /** Returns the list with this number if it still exists and has this query, else a new one. */
  find(query: RowQuery, list: number | undefined): RowList;
};

export type RowList = Selection & { readonly list: number };

/** A few lists for each open tab: a list of 100,000 rows takes 400 KB. */
const LISTS_KEPT = 16;

/** Keeps the most recently used lists. */
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
