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
import { findColumns, topOf, type ChosenColumns } from '../rows/columns.ts';
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
 * Parquet files as Hugging Face writes them: pictures are structs of bytes and path. One row group is in memory at a
 * time; it takes about three times its bytes.
 */
export function parquetSource(
  path: string,
  options: {
    readonly columns: ChosenColumns;
    /** The folder that names of pictures are relative to; that of each file unless given. */
    readonly images?: string | undefined;
    readonly fetch: PictureAccess['fetch'];
    readonly openRemote?: OpenRemote | undefined;
  },
): TripletSource {
  const [notes, explained] = [new Set<string>(), new Set<string>()];
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
      ...notes,
      ...(largestGroup > 1e9
        ? [
            `the largest row group has ${(largestGroup / 1e9).toFixed(1)} GB: reading it takes about three times as much memory`,
          ]
        : []),
    ],
    explain: () => [...explained],
  };

  async function* shardRows(
    { path: file, stem }: Shard,
    buffer: AsyncBuffer,
    metadata: FileMetaData,
  ): AsyncGenerator<SourceRow> {
    const schema = await whole(file, async () => parquetSchema(metadata));
    const { children } = schema;
    const names = children.map(({ element }) => element.name);
    const columns = findColumns(names, options.columns, file);
    const { original, edited, truth, instruction, kind, description, id } = columns;
    const asked = [original, edited, truth, instruction, kind, description, ...id];
    const needed = new Set(asked.flatMap((column) => (column === undefined ? [] : [column, topOf(column)])));
    const isNeeded = (name: string) => needed.has(name) || isOfTurns(columns.turns, name);
    const read = (column: SchemaTree) => isPlain(column) || isNeeded(column.element.name);
    const wanted = children.filter(read).map(({ element }) => element.name);
    const unread = names.filter((name) => !wanted.includes(name) && !columns.leftOut.includes(name));
    for (const note of leftOutNote(unread)) notes.add(note);
    const reader = createRowReader(columns, {
      folder: options.images ?? dirname(file),
      fetch: options.fetch,
    });
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
    for (const note of reader.notes()) notes.add(note);
    for (const line of reader.explain()) explained.add(line);
  }
}

/** A column of single values, which cost little to read. */
function isPlain({ children, element }: SchemaTree): boolean {
  return children.length === 0 && element.repetition_type !== 'REPEATED';
}

/** Whether a path is the address of a file on another host. */
export function isRemote(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

function remoteShard(url: string): Shard {
  const name = decodeURIComponent(URL.parse(url)?.pathname.split('/').at(-1) ?? '');
  return { path: url, stem: name.slice(0, -PARQUET.length) };
}

type OpenedShard = { readonly buffer: AsyncBuffer; close(): Promise<void> };

/** A remote file, of which the footer and row groups are asked for as they are needed. */
async function openRemote(url: string, open: OpenRemote | undefined): Promise<OpenedShard> {
  if (open === undefined)
    throw new RewardEditError('bad-input', 'files of other hosts are not read here', { where: url });
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
      if (bytesRead === 0) throw new RangeError('the file became shorter');
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

/** One digit and zeros; at least 1. */
function roundedDown(rows: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rows)));
  return Math.max(1, Math.floor(rows / power) * power);
}

/** Reads a part of a file; whatever the reader throws means that the file is damaged. */
async function whole<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TooLargeError) {
      throw new RewardEditError('bad-input', error.message, {
        where: path,
        hint: `write the file anew with smaller row groups: pyarrow.parquet.write_table(table, path, row_group_size=${roundedDown(error.rows)})`,
        cause: error,
      });
    }
    const explained = fromSystemError(error, { doing: 'read the dataset', path });
    if (explained instanceof RewardEditError) throw explained;
    throw new RewardEditError('bad-input', `this is no whole parquet file: ${explained.message}`, {
      where: path,
      hint: 'get the file anew: it is cut off or damaged',
      cause: error,
    });
  }
}
