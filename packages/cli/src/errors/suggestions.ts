/** Typos that are tolerated: two, or in longer words one letter in three; never more than half of the letters. */
const LEAST_SLIPS = 2;
const LETTERS_PER_SLIP = 3;
const MOST_SUGGESTIONS = 3;
/** Shorter prefixes match too many words. */
const PREFIX_LETTERS = 3;

/** Returns the candidates similar to `word`, the most similar first, ignoring case and hyphens. */
export function suggestionsFor(word: string, candidates: Iterable<string>): string[] {
  const wanted = normalized(word);
  const found = [...new Set(candidates)].flatMap((candidate) => {
    const known = normalized(candidate);
    const letters = Math.max(wanted.length, known.length);
    const slips = editDistance(wanted, known);
    const tolerated = Math.max(LEAST_SLIPS, Math.floor(letters / LETTERS_PER_SLIP));
    const near = slips <= Math.min(tolerated, letters / 2);
    const begins = wanted.length >= PREFIX_LETTERS && known.startsWith(wanted);
    return near || begins ? [{ candidate, slips: begins ? Math.min(slips, 1) : slips }] : [];
  });
  return found
    .toSorted((a, b) => a.slips - b.slips)
    .slice(0, MOST_SUGGESTIONS)
    .map(({ candidate }) => candidate);
}

function normalized(word: string): string {
  return word.toLowerCase().replaceAll('-', '');
}

/** Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, replacements, and swaps of neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, last[j] + 1, row[j - 1] + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
