import { parquetRead, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { CAPPED } from './decompress.ts';

type Cells = ArrayLike<unknown>;
type Column = { readonly name: string; readonly chunks: readonly { start: number; cells: Cells }[] };

/**
 * Reads a row group, the rows from `start` to before `end`. Its decoded columns stay in memory. Resolves to a function that assembles a row,
 * to be called for ascending numbers. Bytes that are not marked as text stay bytes.
 */
export async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  {
    columns,
    start,
    end,
  }: { readonly columns: readonly string[]; readonly start: number; readonly end: number },
): Promise<(row: number) => Record<string, unknown>> {
  const chunks = new Map(columns.map((name) => [name, [] as { start: number; cells: Cells }[]]));
  await parquetRead({
    file,
    metadata,
    columns: [...columns],
    rowStart: start,
    rowEnd: end,
    compressors: CAPPED,
    utf8: false,
    geoparquet: false,
    onChunk: ({ columnName, columnData, rowStart }) =>
      chunks.get(columnName)!.push({ start: rowStart, cells: columnData }),
  });
  const readers = [...chunks].map(([name, found]) => cellReader({ name, chunks: found }, end));
  return (row) => Object.fromEntries(readers.map(({ name, cell }) => [name, cell(row)]));
}

/** Reads the cells of a column, in the order of rows. */
function cellReader({ name, chunks }: Column, end: number) {
  const sorted = chunks.toSorted((a, b) => a.start - b.start);
  const last = sorted.at(-1);
  if (last === undefined || last.start + last.cells.length < end)
    throw new RangeError(`the column ${name} ends before its row group`);
  let at = 0;
  return {
    name,
    cell(row: number): unknown {
      while (row >= sorted[at].start + sorted[at].cells.length) at += 1;
      return sorted[at].cells[row - sorted[at].start];
    },
  };
}
