import { z } from 'zod';
import { RewardEditError, tripletSchema, type Triplet } from '@rewardedit/core';

/**
 * A line of `metadata.jsonl`: a triplet whose file names are in the columns `*_file_name`, which Hugging Face's
 * `load_dataset("imagefolder", data_dir=...)` reads as pictures.
 */
export type MetadataRow = Omit<Triplet, 'original' | 'edited' | 'truth'> & {
  readonly original_file_name: string;
  readonly edited_file_name: string;
  readonly truth_file_name?: string;
};

/** Hint for a wrong line. */
export const CORRECT_LINE = 'correct the line, or remove it';

/** Hint for metadata with other columns. */
const OTHER_COLUMNS =
  'if the columns have other names, convert the dataset: rewardedit data convert FOLDER NEW';

const COLUMNS: Readonly<Record<string, string>> = {
  original: 'original_file_name',
  edited: 'edited_file_name',
  truth: 'truth_file_name',
};

/** Converts a triplet to a row of metadata. */
export function toMetadataRow(triplet: Triplet): MetadataRow {
  const { id, instruction, original, edited, truth, ...rest } = triplet;
  return {
    id,
    instruction,
    original_file_name: original,
    edited_file_name: edited,
    ...(truth !== undefined && { truth_file_name: truth }),
    ...rest,
  };
}

/**
 * Converts a row of metadata to a triplet. A column that is null counts as absent, because Hugging Face fills rows up with nulls. Throws
 * 'bad-input' naming `where` (file and line) and the column that is missing or wrong.
 */
export function fromMetadataRow(row: unknown, where: string): Triplet {
  const columns = z.record(z.string(), z.unknown()).safeParse(row);
  if (!columns.success)
    throw new RewardEditError('bad-input', 'this line is not a JSON object', { where, hint: CORRECT_LINE });
  const present = Object.fromEntries(Object.entries(columns.data).filter(([, value]) => value !== null));
  const { original_file_name: original, edited_file_name: edited, truth_file_name: truth, ...rest } = present;
  const triplet = tripletSchema.safeParse({
    ...rest,
    ...(typeof rest.id === 'number' && { id: String(rest.id) }),
    original,
    edited,
    ...(truth !== undefined && { truth }),
  });
  if (triplet.success) return triplet.data;
  const { path, message } = triplet.error.issues[0];
  const column = [COLUMNS[String(path[0])] ?? path[0], ...path.slice(1)].map(String).join('.');
  const isMissing = present[column] === undefined && path.length === 1;
  throw new RewardEditError(
    'bad-input',
    `the column ${column} is ${isMissing ? 'missing' : `wrong: ${message}`}`,
    {
      where,
      hint: isMissing ? OTHER_COLUMNS : CORRECT_LINE,
    },
  );
}
