import { formatBytes } from '@rewardedit/core/text';

/** A page that would become larger than this is not decompressed: pictures hardly compress, so it is damage or a bomb. */
export const MAX_PAGE_BYTES = 1024 ** 3;

/** More cells of one row group are not read at once: each takes eight bytes at least, however few the file has for it. */
export const MAX_GROUP_CELLS = 2 ** 26;

/** Something that is too large to be read, in a file that may be whole. */
export class TooLargeError extends Error {
  /** So many rows in a group would be few enough. */
  readonly rows: number;
  constructor(message: string, rows: number) {
    super(message);
    this.rows = rows;
  }
}

export class LargePageError extends TooLargeError {
  constructor(bytes: number, values = 1) {
    super(
      `a page of the file has ${formatBytes(bytes)} when it is unpacked, and at most ${formatBytes(MAX_PAGE_BYTES)} are read`,
      (values * MAX_PAGE_BYTES) / bytes / 4,
    );
    this.name = 'LargePageError';
  }
}

export class LargeGroupError extends TooLargeError {
  constructor(rows: number, columns: number) {
    super(
      `a row group of the file has ${rows} rows of ${columns} columns, and at most ${MAX_GROUP_CELLS} cells are read at once`,
      MAX_GROUP_CELLS / columns / 4,
    );
    this.name = 'LargeGroupError';
  }
}
