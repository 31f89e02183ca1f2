import { join } from 'node:path';
import { createTokenizer, openTokenizer } from '@rewardedit/models';
import { difference, type Group } from './comparison.ts';
import { readJsonFile, type ReferenceSet } from './reference-sets.ts';

const EXACT = { absolute: 0, relative: 0 };

/** A text of `tokens.json`, with the original's tokens. */
interface Row {
  readonly text: string;
  readonly ids: readonly number[];
  readonly untruncated_length: number;
}

/**
 * Checks `clip-tokenizer` sets: the token ids of texts, truncated to the length in the set, and their
 * untruncated number. Needs no backend.
 */
export async function checkClipTokenizer({ folder }: ReferenceSet): Promise<Group[]> {
  const { rows, max_length: maxLength } = (await readJsonFile(join(folder, 'tokens.json'))) as {
    readonly rows: readonly Row[];
    readonly max_length?: number;
  };
  const { files } = await openTokenizer(folder);
  const tokenizer = createTokenizer({ ...files, maxLength: maxLength ?? files.maxLength });
  // Rows of different lengths are not compared value by value: missing ids count as far off.
  const padded = (ids: readonly number[]) =>
    Array.from({ length: tokenizer.maxLength }, (_, i) => ids[i] ?? -1);
  const rowsOf = (ids: (row: Row) => readonly number[]) => rows.flatMap((row) => padded(ids(row)));
  const lengths = {
    found: rows.map(({ text }) => tokenizer.tokenize(text).length + 2),
    expected: rows.map(({ untruncated_length: length }) => length),
  };
  return [
    {
      name: 'ids',
      tolerance: EXACT,
      differences: [
        difference(
          `${rows.length} texts`,
          rowsOf(({ text }) => tokenizer.encode(text)),
          rowsOf(({ ids }) => ids),
          EXACT,
        ),
      ],
    },
    {
      name: 'lengths',
      tolerance: EXACT,
      differences: [difference('before cutting', lengths.found, lengths.expected, EXACT)],
    },
  ];
}
