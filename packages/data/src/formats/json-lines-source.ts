import { basename, dirname, join, resolve } from 'node:path';
import { RewardEditError, readJsonLines } from '@rewardedit/core';
import { METADATA_FILE } from '../dataset/open-dataset.ts';
import { findColumns, type ChosenColumns } from './columns.ts';
import type { PictureAccess } from './picture-bytes.ts';
import { createRowReader, type RowReader } from './row.ts';
import type { TripletSource } from './source-triplet.ts';

/**
 * A file of one JSON object a line, as `metadata.jsonl` of Hugging Face's ImageFolder is. Pictures are paths relative to the
 * file's folder, URLs, `data:` URIs or base64. The columns are those of the first line.
 */
export function jsonLinesSource(
  path: string,
  options: {
    readonly columns: ChosenColumns;
    readonly fetch: PictureAccess['fetch'];
    readonly format: string;
  },
): TripletSource {
  const file = resolve(path.endsWith('.jsonl') ? path : join(path, METADATA_FILE));
  const stem = basename(file, '.jsonl');
  let reader: RowReader | undefined;
  return {
    format: options.format,
    async *rows() {
      reader = undefined;
      // A last line that breaks off was left by a writer that was killed: our own datasets count without it.
      const lines = readJsonLines(file, { tornLastLine: 'ignore' });
      for await (const { value, line } of lines) {
        const where = `${file}:${line}`;
        if (!isObject(value))
          throw new RewardEditError('bad-input', 'this line is not a JSON object', { where });
        reader ??= createRowReader(findColumns(Object.keys(value), options.columns, where), {
          folder: dirname(file),
          fetch: options.fetch,
        });
        yield reader.read(value, { where, fallbackId: `${stem}:${line}` });
      }
    },
    notes: () => leftOutNote(reader?.leftOut() ?? []),
  };
}

/** Says which columns are left out, if any. */
export function leftOutNote(columns: readonly string[]): string[] {
  return columns.length === 0 ? [] : [`left out, as no triplet has a place for them: ${columns.join(', ')}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
