import { join } from 'node:path';
import { createTokenizer, openTokenizer } from '@rewardedit/models';
import { difference, type Group } from './comparison.ts';
import { readJsonFile, type ReferenceSet } from './reference-sets.ts';

const EXACT = { absolute: 0, relative: 0 };

/** A text of `tokens.json`, with what the original makes of it. */
interface Row {
  readonly text: string;
  readonly ids: readonly number[];
  readonly untruncated_length: number;
}

/** Sets of the kind `clip-tokenizer`: the ids of texts, cut to the length that the set says, and how many they would be. No backend computes them. */
export async function checkClipTokenizer({ folder }: ReferenceSet): Promise<Group[]> {
  const { rows, max_length: maxLength } = (await readJsonFile(join(folder, 'tokens.json'))) as {
    readonly rows: readonly Row[];
    readonly max_length?: number;
  };
  const { files } = await openTokenizer(folder);
  const tokenizer = createTokenizer({ ...files, maxLength: maxLength ?? files.maxLength });
  // A row of another length would not be compared value by value: what is missing counts as far away.
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
