import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  parquetMetadataAsync,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import { RewardEditError, fromSystemError, refuseOtherContents } from '@rewardedit/core';
import { fileBeginning } from '../file-beginning.ts';
import { findColumns, refuseRepeatedColumns, type ChosenColumns } from '../rows/columns.ts';
import { topOf } from '../rows/nested-columns.ts';
import { mergeReports } from '../rows/reports.ts';
import type { PictureAccess } from '../pictures/picture-bytes.ts';
import type { OpenRemote } from '../pictures/remote-pictures.ts';
import { TooLargeError } from './parquet-limits.ts';
import { assertPages } from './parquet-pages.ts';
import { readGroup } from './parquet-rows.ts';
import { createRowReader, leftOutNote } from '../rows/row.ts';
import { listShards, type Shard } from '../converting/shards.ts';
import { splitsOf, withSplit } from '../rows/splits.ts';
import { isOfTurns } from '../rows/turns.ts';
import type { SourceRow, TripletSource } from '../rows/source-triplet.ts';

export const PARQUET = '.parquet';

/** "PAR1", at the end of every file. */
const MAGIC = 0x31524150;

const MAX_FOOTER_BYTES = 256 * 1024 * 1024;

/**
 * Opens parquet files as Hugging Face writes them: pictures are structs of bytes and path. One row group is in memory at a time and takes
 * about three times its bytes.
 */
export function parquetSource(
  path: string,
  options: {
    readonly columns: ChosenColumns;
    /** Folder that picture names are relative to; each file's own folder by default. */
    readonly images?: string | undefined;
    readonly fetch: PictureAccess['fetch'];
    readonly openRemote?: OpenRemote | undefined;
  },
): TripletSource {
  const { add, ...reports } = mergeReports();
  let largestGroup = 0;
  return {
    format: 'parquet',
    async *rows() {
      const shards = isRemote(path) ? [remoteShard(path)] : await listShards(path, [PARQUET]);
      const splits = splitsOf(shards.map(({ stem }) => stem));
      for (const [number, shard] of shards.entries()) {
        const file = isRemote(path)
          ? await openRemote(path, options.openRemote)
          : await openShard(shard.path);
        try {
          const metadata = await whole(shard.path, () => readFooter(file.buffer));
          for (const { total_byte_size: size } of metadata.row_groups)
            largestGroup = Math.max(largestGroup, Number(size));
          for await (const row of shardRows(shard, file.buffer, metadata))
            yield withSplit(row, splits[number]);
        } finally {
          await file.close();
        }
      }
    },
    notes: () => [
      ...reports.notes(),
      ...(largestGroup > 1e9
        ? [
            `the largest row group has ${(largestGroup / 1e9).toFixed(1)} GB; reading it takes about three times as much memory`,
          ]
        : []),
    ],
    explain: reports.explain,
  };

  async function* shardRows(
    { path: file, stem }: Shard,
    buffer: AsyncBuffer,
    metadata: FileMetaData,
  ): AsyncGenerator<SourceRow> {
    const schema = await whole(file, async () => parquetSchema(metadata));
    const { children } = schema;
    const names = children.map(({ element }) => element.name);
    refuseRepeatedColumns(names, file);
    const columns = findColumns(names, options.columns, file);
    const { original, edited, truth, instruction, kind, description, id } = columns;
    const asked = [original, edited, truth, instruction, kind, description, ...id];
    const needed = new Set(asked.flatMap((column) => (column === undefined ? [] : [column, topOf(column)])));
    const isNeeded = (name: string) => needed.has(name) || isOfTurns(columns.turns, name);
    const read = (column: SchemaTree) => isPlain(column) || isNeeded(column.element.name);
    const wanted = children.filter(read).map(({ element }) => element.name);
    const unread = names.filter((name) => !wanted.includes(name) && !columns.leftOut.includes(name));
    const reader = createRowReader(columns, {
      folder: options.images ?? dirname(file),
      fetch: options.fetch,
    });
    add({ notes: () => [...leftOutNote(unread), ...reader.notes()], explain: () => reader.explain() });
    let start = 0;
    for (const group of metadata.row_groups) {
      const end = start + Number(group.num_rows);
      if (end > start) {
        const rowAt = await whole(file, async () => {
          await assertPages(buffer, schema, group, new Set(wanted));
          return readGroup(buffer, metadata, { columns: wanted, start, end });
        });
        for (let number = start; number < end; number++) {
          const place = { where: `${file}, row ${number}`, fallbackId: `${stem}:${number}` };
          yield* reader.read(rowAt(number), place);
        }
      }
      start = end;
    }
  }
}

/** Whether a column holds single values, which cost little to read. */
function isPlain({ children, element }: SchemaTree): boolean {
  return children.length === 0 && element.repetition_type !== 'REPEATED';
}

/** Whether a path is a URL. */
export function isRemote(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

function remoteShard(url: string): Shard {
  const name = decodeURIComponent(URL.parse(url)?.pathname.split('/').at(-1) ?? '');
  return { path: url, stem: name.slice(0, -PARQUET.length) };
}

type OpenedShard = { readonly buffer: AsyncBuffer; close(): Promise<void> };

/** Opens a remote file. Its footer and row groups are requested as they are needed. */
async function openRemote(url: string, open: OpenRemote | undefined): Promise<OpenedShard> {
  if (open === undefined)
    throw new RewardEditError('bad-input', 'remote files are not read here', { where: url });
  return { buffer: await open(url), close: async () => undefined };
}

async function openShard(path: string): Promise<OpenedShard> {
  refuseOtherContents(await fileBeginning(path), path, 'file');
  let handle: FileHandle;
  let byteLength: number;
  try {
    handle = await open(path);
    byteLength = (await handle.stat()).size;
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the dataset', path });
  }
  const slice = async (start: number, end = byteLength) => {
    if (start < 0 || end > byteLength || end < start)
      throw new RangeError(`bytes ${start} to ${end} of ${byteLength}`);
    const bytes = new Uint8Array(end - start);
    for (let filled = 0; filled < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw new RangeError('the file was truncated');
      filled += bytesRead;
    }
    return bytes.buffer;
  };
  return { buffer: { byteLength, slice }, close: () => handle.close() };
}

async function readFooter(buffer: AsyncBuffer): Promise<FileMetaData> {
  const tail = new DataView(await buffer.slice(Math.max(0, buffer.byteLength - 8)));
  if (tail.byteLength < 8 || tail.getUint32(4, true) !== MAGIC) throw new Error('it does not end with PAR1');
  if (tail.getUint32(0, true) > MAX_FOOTER_BYTES) throw new Error('its footer is too large');
  const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
  const isPossible = ({ num_rows: rows }: RowGroup) => rows >= 0n && rows < 2n ** 31n;
  if (!metadata.row_groups.every(isPossible)) throw new Error('it has impossible row groups');
  return metadata;
}

/** Rounds down to one significant digit; at least 1. */
function roundedDown(rows: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rows)));
  return Math.max(1, Math.floor(rows / power) * power);
}

/** Runs a reader. Whatever it throws means that the file is damaged. */
async function whole<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TooLargeError) {
      throw new RewardEditError('bad-input', error.message, {
        where: path,
        hint: `rewrite the file with smaller row groups: pyarrow.parquet.write_table(table, path, row_group_size=${roundedDown(error.rows)})`,
        cause: error,
      });
    }
    const explained = fromSystemError(error, { doing: 'read the dataset', path });
    if (explained instanceof RewardEditError) throw explained;
    throw new RewardEditError('bad-input', `not a complete parquet file: ${explained.message}`, {
      where: path,
      hint: 'download the file again: it is cut off or damaged',
      cause: error,
    });
  }
}
