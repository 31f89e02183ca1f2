import type { AsyncBuffer, ColumnMetaData, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';

/** A page that would become larger than this is not decompressed: pictures hardly compress, so it is damage or a bomb. */
export const MAX_PAGE_BYTES = 1024 ** 3;

/** A page that is too large to be read, in a file that may be whole. */
export class LargePageError extends Error {
  constructor(bytes: number) {
    super(
      `a page of the file has ${bytes} bytes when it is unpacked, and at most ${MAX_PAGE_BYTES} are read`,
    );
    this.name = 'LargePageError';
  }
}

/** A row of a list column may have so many values on average. */
const MOST_VALUES_A_ROW = 1000;

/** A page's header is some dozen bytes, and more where it has statistics of long texts. */
const HEADER_BYTES = [1024, 1024 * 1024] as const;

/**
 * Looks at the headers of all pages of the columns that will be read, before they are: the decoder trusts their numbers, and would
 * go round in circles, or make lists of billions, where they lie. Throws RangeError where they do not add up.
 */
export async function assertPages(
  file: AsyncBuffer,
  group: RowGroup,
  columns: ReadonlySet<string>,
): Promise<void> {
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) throw new RangeError('a column is not described');
    if (columns.has(column.path_in_schema[0])) await assertColumn(file, column, Number(group.num_rows));
  }
}

async function assertColumn(file: AsyncBuffer, column: ColumnMetaData, rows: number): Promise<void> {
  let at = Number(column.dictionary_page_offset ?? column.data_page_offset);
  const end = at + Number(column.total_compressed_size);
  if (!(at >= 4 && end >= at && end <= file.byteLength)) throw new RangeError('a column is outside the file');
  // The values of a list are columns of their own below it: more than one a row, or an empty one.
  const isList = column.path_in_schema.length > 1 && column.path_in_schema.includes('list');
  const most = isList ? rows * MOST_VALUES_A_ROW : rows;
  let values = 0;
  while (at < end) {
    const { header, length } = await readHeader(file, at, end);
    const { type, compressed_page_size: size, uncompressed_page_size: whole } = header;
    const isData = type === 'DATA_PAGE' || type === 'DATA_PAGE_V2';
    const page = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header;
    const count = page?.num_values ?? -1;
    assertCount(size, end - at - length, 'bytes in a page');
    if (whole > MAX_PAGE_BYTES) throw new LargePageError(whole);
    assertCount(whole, MAX_PAGE_BYTES, 'bytes in a page');
    // A value takes a bit at least, and each row has one.
    assertCount(count, isData ? most - values : whole * 8, 'values in a page');
    if (header.data_page_header_v2 !== undefined) {
      const { num_nulls: nulls, definition_levels_byte_length: levels } = header.data_page_header_v2;
      assertCount(nulls, count, 'empty values in a page');
      assertCount(levels, size, 'bytes of levels in a page');
    }
    if (isData) values += count;
    at += length + size;
  }
  if (values < rows || values > most)
    throw new RangeError(`a column has ${values} values, and its group ${rows} rows`);
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
