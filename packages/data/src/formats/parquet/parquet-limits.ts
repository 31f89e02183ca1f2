import { formatBytes } from '@rewardedit/core/text';

/** Larger pages are not decompressed: pictures hardly compress, so such a page is damaged or a decompression bomb. */
export const MAX_PAGE_BYTES = 1024 ** 3;

/** Cells of one row group that are read at once: each takes at least eight bytes in memory, however few it has in the file. */
export const MAX_GROUP_CELLS = 2 ** 26;

/** A part of a file that is too large to be read, although the file may be intact. */
export class TooLargeError extends Error {
  /** Number of rows in a group that would be few enough. */
  readonly rows: number;
  constructor(message: string, rows: number) {
    super(message);
    this.rows = rows;
  }
}

export class LargePageError extends TooLargeError {
  constructor(bytes: number, values = 1) {
    super(
      `a page takes ${formatBytes(bytes)} uncompressed, more than the limit of ${formatBytes(MAX_PAGE_BYTES)}`,
      (values * MAX_PAGE_BYTES) / bytes / 4,
    );
    this.name = 'LargePageError';
  }
}

export class LargeGroupError extends TooLargeError {
  constructor(rows: number, columns: number) {
    super(
      `a row group has ${rows} rows of ${columns} columns, more than the limit of ${MAX_GROUP_CELLS} cells`,
      MAX_GROUP_CELLS / columns / 4,
    );
    this.name = 'LargeGroupError';
  }
}
