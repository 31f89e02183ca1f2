import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RewardEditError, readJsonLines } from '@rewardedit/core';
import { hasEnding } from '../../dataset/has-ending.ts';
import { TABLES, csvRows } from './csv-rows.ts';
import { METADATA_FILES, metadataIn } from '../image-folder/metadata-files.ts';
import { findColumns, type ChosenColumns } from '../rows/columns.ts';
import { readJsonElements } from './json-elements.ts';
import { isObject, jsonFormOf } from './json-form.ts';
import { listRowFiles, shardOf } from './row-files.ts';
import type { PictureAccess } from '../pictures/picture-bytes.ts';
import { createRowReader, type RowReader } from '../rows/row.ts';
import type { TripletSource } from '../rows/source-triplet.ts';
import { listSplitFolders, splitOf, splitsOf, withSplit } from '../rows/splits.ts';

export type JsonSourceOptions = {
  readonly columns: ChosenColumns;
  /** The folder that names of pictures are relative to; that of the file unless given. */
  readonly images?: string | undefined;
  readonly fetch: PictureAccess['fetch'];
};

/** A row of a file, and where it stands. */
export type Numbered = { readonly value: unknown; readonly where: string; readonly number: number };

/**
 * Hugging Face's ImageFolder: `metadata.jsonl` or `metadata.csv`, or one in each of several folders, which then are the splits. Pictures are paths relative
 * to the file's folder, URLs, `data:` URIs or base64.
 */
export function imageFolderSource(path: string, options: JsonSourceOptions): TripletSource {
  const [notes, explained] = [new Set<string>(), new Set<string>()];
  return {
    format: 'imagefolder',
    async *rows() {
      const isFile = hasEnding(path, '.jsonl', ...TABLES);
      const folders = isFile ? [] : await listSplitFolders(path, METADATA_FILES);
      if (folders.length === 0) yield* rowsOf(isFile ? path : metadataIn(path), 'metadata');
      // One folder in another is a split if it is called so.
      const isSplit = folders.length > 1 || folders.some(({ split }) => splitOf(split) !== undefined);
      for (const { folder, split } of folders) {
        const rows = rowsOf(metadataIn(folder), `${split}/metadata`);
        for await (const row of rows) yield withSplit(row, isSplit ? split : undefined);
      }
    },
    notes: () => [...notes],
    explain: () => [...explained],
  };

  async function* rowsOf(file: string, stem: string) {
    // A last line that breaks off is what a killed writer leaves: our own datasets count without it.
    const items = hasEnding(file, ...TABLES) ? csvRows(resolve(file)) : jsonLines(resolve(file), 'ignore');
    const source = tableSource(resolve(file), stem, items, options);
    yield* source.rows();
    for (const note of source.notes()) notes.add(note);
    for (const line of source.explain()) explained.add(line);
  }
}

/**
 * A file of one JSON object a line, a JSON array of objects, or an object of them by their ids, whatever its ending; or a folder of such files,
 * whose names may tell splits.
 */
export function jsonSource(path: string, options: JsonSourceOptions): TripletSource {
  const [notes, explained] = [new Set<string>(), new Set<string>()];
  return {
    format: 'jsonl',
    async *rows() {
      const isFolder = (await stat(path)).isDirectory();
      const files = isFolder ? await listRowFiles(path) : [shardOf(resolve(path))];
      const splits = isFolder ? splitsOf(files.map(({ stem }) => stem)) : [];
      for (const [number, { path: file, stem }] of files.entries()) {
        const form = await jsonFormOf(file);
        const items = form === 'array' || form === 'keyed' ? jsonElements(file) : jsonLines(file, 'error');
        const source = tableSource(file, stem, items, options);
        for await (const row of source.rows()) yield withSplit(row, splits[number]);
        for (const note of source.notes()) notes.add(note);
        for (const line of source.explain()) explained.add(line);
      }
    },
    notes: () => [...notes],
    explain: () => [...explained],
  };
}

/** So many rows at the beginning may lack a column that a later one has; they are read once the columns are known. */
const MOST_HELD = 100;

/** The columns are those that were met so far: a row may have more than the first. */
function tableSource(
  file: string,
  stem: string,
  items: () => AsyncGenerator<Numbered>,
  options: JsonSourceOptions,
): Required<Pick<TripletSource, 'rows' | 'notes' | 'explain'>> {
  const readers: RowReader[] = [];
  return {
    async *rows() {
      const names = new Set<string>();
      const access = { folder: options.images ?? dirname(file), fetch: options.fetch };
      const held: (Numbered & { readonly value: Readonly<Record<string, unknown>> })[] = [];
      const columnsOf = () => findColumns([...names], options.columns, held[0].where);
      let reader: RowReader | undefined;
      for await (const { value, where, number } of items()) {
        if (!isObject(value)) throw new RewardEditError('bad-input', 'this is not a JSON object', { where });
        const known = names.size;
        for (const name of Object.keys(value)) names.add(name);
        held.push({ value, where, number });
        if (reader === undefined || names.size > known) {
          if (reader === undefined && held.length < MOST_HELD && !isKnown(columnsOf)) continue;
          reader = createRowReader(columnsOf(), access);
          readers.push(reader);
        }
        for (const row of held.splice(0))
          yield* reader.read(row.value, { where: row.where, fallbackId: `${stem}:${row.number}` });
      }
      // None of the rows has what is missing: this says what it is.
      if (held.length > 0) columnsOf();
    },
    notes: () => [...new Set(readers.flatMap((reader) => reader.notes()))],
    // The last reader knows all columns that were met.
    explain: () => readers.at(-1)?.explain() ?? [],
  };
}

function isKnown(columnsOf: () => unknown): boolean {
  try {
    columnsOf();
    return true;
  } catch {
    return false;
  }
}

function jsonLines(file: string, tornLastLine: 'error' | 'ignore') {
  return async function* (): AsyncGenerator<Numbered> {
    for await (const { value, line } of readJsonLines(file, { tornLastLine }))
      yield { value, where: `${file}:${line}`, number: line };
  };
}

function jsonElements(file: string) {
  return async function* (): AsyncGenerator<Numbered> {
    for await (const { key, value, index } of readJsonElements(file)) {
      const where = `${file}, element ${index + 1}`;
      // In an object, the key is the id, unless the row says another.
      const row = key !== undefined && isObject(value) ? { id: key, ...value } : value;
      yield { value: row, where, number: index + 1 };
    }
  };
}
