import { basename, dirname, join, resolve } from 'node:path';
import { RewardEditError, readJsonLines } from '@rewardedit/core';
import { METADATA_FILE } from '../dataset/open-dataset.ts';
import { findColumns, type ChosenColumns } from './columns.ts';
import type { PictureAccess } from './picture-bytes.ts';
import { createRowReader, type RowReader } from './row.ts';
import type { TripletSource } from './source-triplet.ts';

/**
 * A file of one JSON object a line, as `metadata.jsonl` of Hugging Face's ImageFolder is. Pictures are paths relative to the
 * file's folder, URLs, `data:` URIs or base64. The columns are those
 * that were met so far: a line may have more than the first.
 */
export function jsonLinesSource(
  path: string,
  options: {
    readonly columns: ChosenColumns;
    readonly fetch: PictureAccess['fetch'];
    readonly format: string;
    readonly tornLastLine: 'error' | 'ignore';
  },
): TripletSource {
  const file = resolve(path.endsWith('.jsonl') ? path : join(path, METADATA_FILE));
  const stem = basename(file, '.jsonl');
  const leftOut = new Set<string>();
  return {
    format: options.format,
    async *rows() {
      const names = new Set<string>();
      let reader: RowReader | undefined;
      const lines = readJsonLines(file, { tornLastLine: options.tornLastLine });
      for await (const { value, line } of lines) {
        const where = `${file}:${line}`;
        if (!isObject(value))
          throw new RewardEditError('bad-input', 'this line is not a JSON object', { where });
        const known = names.size;
        for (const name of Object.keys(value)) names.add(name);
        if (reader === undefined || names.size > known) {
          const columns = findColumns([...names], options.columns, where);
          reader = createRowReader(columns, { folder: dirname(file), fetch: options.fetch });
        }
        yield reader.read(value, { where, fallbackId: `${stem}:${line}` });
        for (const name of reader.leftOut()) leftOut.add(name);
      }
    },
    notes: () => leftOutNote([...leftOut]),
  };
}

/** Says which columns are left out, if any. */
export function leftOutNote(columns: readonly string[]): string[] {
  return columns.length === 0 ? [] : [`left out, as no triplet has a place for them: ${columns.join(', ')}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
