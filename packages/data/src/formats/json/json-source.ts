import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RewardEditError, readJsonLines } from '@rewardedit/core';
import { hasEnding } from '../../dataset/has-ending.ts';
import { METADATA_FILES, metadataIn } from '../image-folder/metadata-files.ts';
import type { PictureAccess } from '../pictures/picture-bytes.ts';
import { findColumns, type ChosenColumns } from '../rows/columns.ts';
import { mergeReports, type Report } from '../rows/reports.ts';
import { createRowReader, type RowReader } from '../rows/row.ts';
import type { SourceRow, TripletSource } from '../rows/source-triplet.ts';
import { listSplitFolders, splitOf, splitsOf, withSplit } from '../rows/splits.ts';
import { TABLES, csvRows } from './csv-rows.ts';
import { readJsonElements } from './json-elements.ts';
import { isObject, jsonFormOf } from './json-form.ts';
import { listRowFiles, shardOf, type NumberedRow, type ReadRows } from './row-files.ts';

export type JsonSourceOptions = {
  readonly columns: ChosenColumns;
  /** Folder that picture names are relative to; the file's own folder by default. */
  readonly images?: string | undefined;
  readonly fetch: PictureAccess['fetch'];
};

/**
 * Opens Hugging Face's ImageFolder: `metadata.jsonl` or `metadata.csv`, or one in each of several folders, whose names are then the
 * splits. Pictures are paths relative to the file's folder, URLs, `data:` URIs or base64.
 */
export function imageFolderSource(path: string, options: JsonSourceOptions): TripletSource {
  const { add, ...reports } = mergeReports();
  return {
    format: 'imagefolder',
    async *rows() {
      const isFile = hasEnding(path, '.jsonl', ...TABLES);
      const folders = isFile ? [] : await listSplitFolders(path, METADATA_FILES);
      if (folders.length === 0) yield* rowsOf(isFile ? path : metadataIn(path), 'metadata');
      // A single subfolder is a split only if it has the name of one.
      const isSplit = folders.length > 1 || folders.some(({ split }) => splitOf(split) !== undefined);
      for (const { folder, split } of folders) {
        const rows = rowsOf(metadataIn(folder), `${split}/metadata`);
        for await (const row of rows) yield withSplit(row, isSplit ? split : undefined);
      }
    },
    ...reports,
  };

  function rowsOf(metadata: string, stem: string) {
    const file = resolve(metadata);
    // A writer that was killed leaves a torn last line. Our own datasets are complete without it.
    const read = hasEnding(file, ...TABLES) ? csvRows(file) : jsonLines(file, 'ignore');
    return add(tableSource(file, stem, read, options)).rows();
  }
}

/**
 * Opens a file of one JSON object a line, a JSON array of objects, or an object of them by their ids, whatever the file's extension; or a
 * folder of such files, whose names may tell splits.
 */
export function jsonSource(path: string, options: JsonSourceOptions): TripletSource {
  const { add, ...reports } = mergeReports();
  return {
    format: 'jsonl',
    async *rows() {
      const isFolder = (await stat(path)).isDirectory();
      const files = isFolder ? await listRowFiles(path) : [shardOf(resolve(path))];
      const splits = isFolder ? splitsOf(files.map(({ stem }) => stem)) : [];
      for (const [number, { path: file, stem }] of files.entries()) {
        const form = await jsonFormOf(file);
        const read = form === 'array' || form === 'keyed' ? jsonElements(file) : jsonLines(file, 'error');
        const source = add(tableSource(file, stem, read, options));
        for await (const row of source.rows()) yield withSplit(row, splits[number]);
      }
    },
    ...reports,
  };
}

/**
 * Reads one file. Not every row has every column, so the file is read up to the first row with which all required columns have been
 * seen (usually the first one), and then from the start.
 */
function tableSource(
  file: string,
  stem: string,
  read: ReadRows,
  { columns, images, fetch }: JsonSourceOptions,
): Report & { rows(): AsyncGenerator<SourceRow> } {
  let reader: RowReader | undefined;
  const find = (names: ReadonlySet<string>) => findColumns([...names], columns, file);
  return {
    async *rows() {
      const names = await requiredColumns();
      if (names === undefined) return;
      reader = createRowReader(find(names), { folder: images ?? dirname(file), fetch });
      for await (const { value, isWider, where, number } of objects(names)) {
        if (isWider) reader.setColumns(find(names));
        yield* reader.read(value, { where, fallbackId: `${stem}:${number}` });
      }
    },
    notes: () => reader?.notes() ?? [],
    explain: () => reader?.explain() ?? [],
  };

  /** The columns of the rows up to the one that completes the required ones, or of all rows. Undefined if the file names no column and has no rows. */
  async function requiredColumns(): Promise<Set<string> | undefined> {
    const names = new Set<string>();
    let isEmpty = true;
    for await (const { isWider } of objects(names)) {
      isEmpty = false;
      if (isWider && succeeds(() => find(names))) break;
    }
    return isEmpty && names.size === 0 ? undefined : names;
  }

  /** All rows. Adds their columns to `names`; `isWider` marks a row that has new ones. Throws 'bad-input' at a row that is not an object. */
  async function* objects(names: Set<string>) {
    let width = names.size;
    for await (const { value, where, number } of read(names)) {
      if (!isObject(value)) throw new RewardEditError('bad-input', 'this is not a JSON object', { where });
      for (const name of Object.keys(value)) names.add(name);
      yield { value, where, number, isWider: names.size > width };
      width = names.size;
    }
  }
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function jsonLines(file: string, tornLastLine: 'error' | 'ignore'): ReadRows {
  return async function* (): AsyncGenerator<NumberedRow> {
    for await (const { value, line } of readJsonLines(file, { tornLastLine }))
      yield { value, where: `${file}:${line}`, number: line };
  };
}

function jsonElements(file: string): ReadRows {
  return async function* (): AsyncGenerator<NumberedRow> {
    for await (const { key, value, index } of readJsonElements(file)) {
      const where = `${file}, element ${index + 1}`;
      // The key of an object is the row's id, unless the row has one.
      const row = key !== undefined && isObject(value) ? { id: key, ...value } : value;
      yield { value: row, where, number: index + 1 };
    }
  };
}
