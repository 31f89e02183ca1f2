import type { RowGroup } from 'hyparquet';
import { expect, it } from 'vitest';
import { assertPages } from './parquet-pages.ts';

/** A number as Thrift's compact protocol writes it. */
function varint(value: number): number[] {
  const bytes = [];
  for (let rest = BigInt(value) * 2n; ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
}

/** A file of one column in one page, whose header says so many bytes and values. */
function fileOf(unpacked: number, rows: number) {
  const field = (value: number) => [0x15, ...varint(value)];
  const data = [0x2c, ...field(rows), ...field(0), ...field(3), ...field(3), 0];
  const page = [
    ...field(0),
    ...field(unpacked),
    ...field(8),
    ...data,
    0,
    ...Array.from({ length: 8 }, () => 0),
  ];
  const bytes = Uint8Array.from([0x50, 0x41, 0x52, 0x31, ...page]);
  const element = { name: 'a', type: 'BYTE_ARRAY', repetition_type: 'REQUIRED' } as const;
  const leaf = { children: [], element, count: 1, path: ['a'] };
  const root = { children: [leaf], element: { name: 'root' }, count: 2, path: [] };
  const column = {
    ...{ type: 'BYTE_ARRAY', path_in_schema: ['a'], codec: 'UNCOMPRESSED', data_page_offset: 4n },
    total_compressed_size: BigInt(page.length),
  };
  const group = { num_rows: BigInt(rows), columns: [{ meta_data: column }] };
  const slice = async (start: number, end?: number) => bytes.slice(start, end).buffer;
  return assertPages({ byteLength: bytes.length, slice }, root, group as unknown as RowGroup, new Set(['a']));
}

it('reports a page that is too large, and how many rows would be few enough', async () => {
  await expect(fileOf(1_200_161_007, 1000)).rejects.toMatchObject({
    message: 'a page takes 1.2 GB uncompressed, more than the limit of 1.1 GB',
    rows: expect.closeTo(223.7, 1),
  });
  await expect(fileOf(200, 2 ** 27)).rejects.toMatchObject({
    message: expect.stringMatching(/^a row group has \d+ rows of 1 columns/),
  });
  await expect(fileOf(200, 1000)).resolves.toBeUndefined();
});
