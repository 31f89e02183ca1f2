/** A search index over the texts of rows. */
export type TextIndex = {
  add(row: number, texts: readonly string[]): void;
  /** Calls `found` for every row with a text that contains the term (from `searchTerms`), possibly several times. */
  find(term: string, found: (row: number) => void): void;
};

const FIRST_BYTES = 64 * 1024;
const SEPARATOR = '\n';

/**
 * Creates an index that is one run of bytes, so a hundred thousand rows take little more memory than their letters, and a search
 * is one pass of the runtime's byte search. Ignores case and the Unicode composition of accents.
 */
export function createTextIndex(): TextIndex {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES);
  let used = 0;
  const entries: { rows: number[]; ends: number[] } = { rows: [], ends: [] };

  return {
    add(row, texts) {
      const text = `${texts.map(folded).join(SEPARATOR)}${SEPARATOR}`;
      const length = Buffer.byteLength(text);
      if (used + length > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, used + length));
        bytes.copy(larger, 0, 0, used);
        bytes = larger;
      }
      bytes.write(text, used);
      used += length;
      entries.rows.push(row);
      entries.ends.push(used);
    },
    find(term, found) {
      const { rows, ends } = entries;
      const searched = bytes.subarray(0, used);
      const needle = Buffer.from(term);
      let entry = 0;
      for (let at = searched.indexOf(needle); at >= 0; at = searched.indexOf(needle, ends[entry])) {
        entry = firstAbove(ends, at, entry);
        found(rows[entry]);
      }
    },
  };
}

/** The index of the first of the ascending `ends`, from `from` on, that is above `value`. */
function firstAbove(ends: readonly number[], value: number, from: number): number {
  let low = from;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Normalizes text for comparison: lower case, composed accents, single spaces. */
function folded(text: string): string {
  return text.normalize('NFC').toLowerCase().replaceAll(/\s+/g, ' ');
}

/** Splits a search into terms that must all occur in a row: words, and "phrases" in quotes. */
export function searchTerms(search: string): string[] {
  const terms = search.matchAll(/"([^"]*)"|[^\s"]+/g);
  return [...terms].map(([whole, phrase]) => folded(phrase ?? whole).trim()).filter((term) => term !== '');
}

/** Whether a text contains a term from `searchTerms`. */
export function holdsTerm(text: string, term: string): boolean {
  return folded(text).includes(term);
}
