import type { AsyncBuffer, ColumnMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { CAPPED } from './decompress.ts';
import { LargeGroupError, LargePageError, MAX_GROUP_CELLS, MAX_PAGE_BYTES } from './parquet-limits.ts';
import { assertRuns, hasRuns, type PageContents } from './parquet-runs.ts';

/** Limit on the mean number of values per row of a list column. */
const MOST_VALUES_A_ROW = 1000;

/** A page header takes some dozen bytes, or more if it has statistics of long texts. */
const HEADER_BYTES = [1024, 1024 * 1024] as const;

/**
 * Checks all pages of the columns before they are read: the decoder trusts their counts, and wrong ones would make it loop forever or
 * allocate billions of values. Throws RangeError if the counts do not add up, TooLargeError if there is more than fits in memory.
 */
export async function assertPages(
  file: AsyncBuffer,
  schema: SchemaTree,
  group: RowGroup,
  columns: ReadonlySet<string>,
): Promise<void> {
  const rows = Number(group.num_rows);
  const wanted = group.columns.map(({ meta_data: column }) => {
    if (column === undefined) throw new RangeError('a column is not described');
    return column;
  });
  const read = wanted.filter(({ path_in_schema: [name] }) => columns.has(name));
  if (rows * read.length > MAX_GROUP_CELLS) throw new LargeGroupError(rows, read.length);
  for (const column of read) await assertColumn(file, schema, column, rows);
}

async function assertColumn(
  file: AsyncBuffer,
  schema: SchemaTree,
  column: ColumnMetaData,
  rows: number,
): Promise<void> {
  let at = Number(column.dictionary_page_offset ?? column.data_page_offset);
  const end = at + Number(column.total_compressed_size);
  if (!(at >= 4 && end >= at && end <= file.byteLength)) throw new RangeError('a column is outside the file');
  const path = getTreePath(schema, column.path_in_schema);
  const [maxRepetition, maxDefinition] = [getMaxRepetitionLevel(path), getMaxDefinitionLevel(path)];
  // A list has its own column of values: any number per row, or an empty one.
  const most = Math.min(maxRepetition > 0 ? rows * MOST_VALUES_A_ROW : rows, MAX_GROUP_CELLS);
  let values = 0;
  while (at < end) {
    const { header, length } = await readHeader(file, at, end);
    const { type, compressed_page_size: size, uncompressed_page_size: whole } = header;
    const page = header.data_page_header ?? header.data_page_header_v2;
    const isData = type === 'DATA_PAGE' || type === 'DATA_PAGE_V2';
    const count = (page ?? header.dictionary_page_header)?.num_values ?? -1;
    assertCount(size, end - at - length, 'bytes in a page');
    if (whole > MAX_PAGE_BYTES) throw new LargePageError(whole, Math.max(1, count));
    assertCount(whole, MAX_PAGE_BYTES, 'bytes in a page');
    // A value takes at least one bit, and each row has one.
    assertCount(count, isData ? most - values : whole * 8, 'values in a page');
    if (isData && page !== undefined) {
      values += count;
      const contents = {
        ...{ values: count, encoding: page.encoding, type: column.type, maxRepetition, maxDefinition },
      };
      if (hasRuns(contents)) {
        const start = at + length;
        assertPage(new Uint8Array(await file.slice(start, start + size)), header, column, contents);
      }
    }
    at += length + size;
  }
  if (values < rows || values > most)
    throw new RangeError(`a column has ${values} values, and its group ${rows} rows`);
}

type PageHeader = ReturnType<typeof parquetHeader>;

/** Decompresses a page, which the decoder will do again, to check its runs. */
function assertPage(
  bytes: Uint8Array,
  { uncompressed_page_size: whole, data_page_header_v2: second }: PageHeader,
  { codec }: ColumnMetaData,
  contents: PageContents,
): void {
  if (second === undefined) return assertRuns(decompressPage(bytes, whole, codec, CAPPED), contents);
  const {
    num_nulls: nulls,
    repetition_levels_byte_length: repetition,
    definition_levels_byte_length: definition,
  } = second;
  assertCount(nulls, contents.values, 'empty values in a page');
  assertCount(repetition, bytes.length, 'bytes of levels in a page');
  assertCount(definition, bytes.length - repetition, 'bytes of levels in a page');
  const packed = bytes.subarray(repetition + definition);
  const size = whole - repetition - definition;
  const isPacked = second.is_compressed !== false && size !== 0;
  assertRuns(isPacked ? decompressPage(packed, size, codec, CAPPED) : packed, contents, {
    repetition: bytes.subarray(0, repetition),
    definition: bytes.subarray(repetition, repetition + definition),
  });
}

async function readHeader(file: AsyncBuffer, at: number, end: number) {
  for (const bytes of HEADER_BYTES) {
    const view = new DataView(await file.slice(at, Math.min(at + bytes, end)));
    const reader = { view, offset: 0 };
    try {
      return { header: parquetHeader(reader), length: reader.offset };
    } catch (error) {
      if (bytes === HEADER_BYTES.at(-1) || at + bytes >= end) throw error;
    }
  }
  throw new RangeError('a page has no header');
}

function assertCount(count: number, most: number, what: string): void {
  if (!Number.isInteger(count) || count < 0 || count > most)
    throw new RangeError(`${count} ${what}, of at most ${most}`);
}
