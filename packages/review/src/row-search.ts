import type { CorrectedRows } from './corrected-rows.ts';
import type { LoadedRows } from './load-rows.ts';
import { holdsTerm, searchTerms } from './text-index.ts';

/**
 * Returns a test whether a row contains all search terms in its id, instruction or feedback, the judge's or a person's; undefined
 * without terms.
 */
export function rowSearch(
  search: string,
  { table, texts }: Pick<LoadedRows, 'table' | 'texts'>,
  { corrections }: Pick<CorrectedRows, 'corrections'>,
): ((row: number) => boolean) | undefined {
  const terms = searchTerms(search);
  if (terms.length === 0) return undefined;
  const hits = terms.map((term) => {
    const holds = new Uint8Array(table.count);
    texts.find(term, (row) => (holds[row] = 1));
    for (const [row, { reward }] of corrections)
      if (Object.values(reward.feedback).some((text) => holdsTerm(text, term))) holds[row] = 1;
    return holds;
  });
  return (row) => hits.every((holds) => holds[row] === 1);
}
