import type { RowDetails } from '../protocol.ts';
import { keepRecent } from '@rewardedit/pages/browser/recent';

/** The details of rows, each fetched once until it changes. */
export type RowCache = {
  /** The current details of a row: fetched again if the row changed while they were in flight. */
  get(row: number): Promise<RowDetails>;
  /** Must be called when a row has changed. */
  changed(row: number): void;
};

const ROWS_KEPT = 32;

export function createRowCache(fetchRow: (row: number) => Promise<RowDetails>): RowCache {
  const kept = keepRecent(ROWS_KEPT, (row) => fetchRow(Number(row)));
  const changes = new Map<number, number>();
  return {
    async get(row) {
      for (;;) {
        const before = changes.get(row);
        try {
          const details = await kept.get(String(row));
          if (changes.get(row) === before) return details;
        } catch (error) {
          // The next call retries.
          kept.forget(String(row));
          throw error;
        }
      }
    },
    changed(row) {
      changes.set(row, (changes.get(row) ?? 0) + 1);
      kept.forget(String(row));
    },
  };
}
