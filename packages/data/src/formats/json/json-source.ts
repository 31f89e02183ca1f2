import { open } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { RewardEditError, fromSystemError, parseJsonBytes, readJsonLines } from '@rewardedit/core';
import { csvRows } from './csv-rows.ts';
import { METADATA_FILES, metadataIn } from '../image-folder/metadata-files.ts';
import { findColumns, type ChosenColumns } from '../rows/columns.ts';
import { readJsonElements } from './json-elements.ts';
import type { PictureAccess } from '../pictures/picture-bytes.ts';
import { createRowReader, type RowReader } from '../rows/row.ts';
import type { TripletSource } from '../rows/source-triplet.ts';
import { listSplitFolders, withSplit } from '../rows/splits.ts';

export type JsonSourceOptions = {
  readonly columns: ChosenColumns;
  readonly fetch: PictureAccess['fetch'];
};

/** A row of a file, and where it stands. */
export type Numbered = { readonly value: unknown; readonly where: string; readonly number: number };

/** How the rows of a file of JSON are written, whatever its ending. */
export type JsonForm = 'lines' | 'array' | 'keyed' | 'object';

/**
 * Hugging Face's ImageFolder: `metadata.jsonl` or `metadata.csv`, or one in each of several folders, which then are the splits. Pictures are paths relative
 * to the file's folder, URLs, `data:` URIs or base64.
 */
export function imageFolderSource(path: string, options: JsonSourceOptions): TripletSource {
  const [notes, explained] = [new Set<string>(), new Set<string>()];
  return {
    format: 'imagefolder',
    async *rows() {
      const isFile = /\.(?:jsonl|csv)$/.test(path);
      const folders = isFile ? [] : await listSplitFolders(path, METADATA_FILES);
      if (folders.length === 0) yield* rowsOf(isFile ? path : metadataIn(path), 'metadata');
      for (const { folder, split } of folders) {
        const rows = rowsOf(metadataIn(folder), `${split}/metadata`);
        for await (const row of rows) yield withSplit(row, split);
      }
    },
    notes: () => [...notes],
    explain: () => [...explained],
  };

  async function* rowsOf(file: string, stem: string) {
    // A last line that breaks off is what a killed writer leaves: our own datasets count without it.
    const items = file.endsWith('.csv') ? csvRows(resolve(file)) : jsonLines(resolve(file), 'ignore');
    const source = tableSource(resolve(file), stem, items, options);
    yield* source.rows();
    for (const note of source.notes()) notes.add(note);
    for (const line of source.explain()) explained.add(line);
  }
}

/** A file of one JSON object a line, a JSON array of objects, or an object of them by their ids, whatever its ending. */
export function jsonSource(path: string, options: JsonSourceOptions): TripletSource {
  const file = resolve(path);
  let source: ReturnType<typeof tableSource> | undefined;
  return {
    format: 'jsonl',
    async *rows() {
      const form = await jsonFormOf(file);
      const items = form === 'array' || form === 'keyed' ? jsonElements(file) : jsonLines(file, 'error');
      source = tableSource(file, basename(file, extname(file)), items, options);
      yield* source.rows();
    },
    notes: () => source?.notes() ?? [],
    explain: () => source?.explain() ?? [],
  };
}

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
      let reader: RowReader | undefined;
      for await (const { value, where, number } of items()) {
        if (!isObject(value)) throw new RewardEditError('bad-input', 'this is not a JSON object', { where });
        const known = names.size;
        for (const name of Object.keys(value)) names.add(name);
        if (reader === undefined || names.size > known) {
          const columns = findColumns([...names], options.columns, where);
          reader = createRowReader(columns, { folder: dirname(file), fetch: options.fetch });
          readers.push(reader);
        }
        yield* reader.read(value, { where, fallbackId: `${stem}:${number}` });
      }
    },
    notes: () => [...new Set(readers.flatMap((reader) => reader.notes()))],
    // The last reader knows all columns that were met.
    explain: () => readers.at(-1)?.explain() ?? [],
  };
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

/** So much of a file is looked at; a first line may be as long as a picture in base64. */
const LOOK_BYTES = 1024 * 1024;

/**
 * Tells by its beginning how a file of JSON is written. One object that ends with the first line is a line where it has a value that is
 * neither an object nor an array, as rows have, and the lists of rewards of `RewardEdit_20K.json` have not.
 */
export async function jsonFormOf(path: string): Promise<JsonForm | undefined> {
  const start = await beginning(path);
  const text = new TextDecoder().decode(start).trimStart();
  if (text.startsWith('[')) return 'array';
  if (!text.startsWith('{')) return undefined;
  const end = text.indexOf('\n');
  if (end < 0 && start.length === LOOK_BYTES) return undefined;
  try {
    const first = parseJsonBytes(Buffer.from(end < 0 ? text : text.slice(0, end)));
    const isRow = isObject(first) && Object.values(first).some((value) => typeof value !== 'object');
    if (isRow) return 'lines';
  } catch {
    // An object over several lines.
  }
  return KEYED.test(text) && !text.includes(OF_REWARDS) ? 'keyed' : 'object';
}

/** An object whose first value is one, too: rows by their ids. */
const KEYED = /^\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{/;

/** A key of the lists of rewards of `RewardEdit_20K.json`, whose first entry may be damaged. */
const OF_REWARDS = '"Negative Prompt"';

async function beginning(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const bytes = Buffer.alloc(LOOK_BYTES);
      const { bytesRead } = await file.read(bytes, 0, LOOK_BYTES, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the dataset', path });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
