import type { Compressors } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { LargePageError, MAX_PAGE_BYTES } from './parquet-limits.ts';

/** Decompressors that refuse pages of more than `MAX_PAGE_BYTES`. */
export const CAPPED: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([name, decompress]) => [
    name,
    (input: Uint8Array, size: number) => {
      if (size > MAX_PAGE_BYTES) throw new LargePageError(size);
      if (size < 0) throw new RangeError(`a page of ${size} bytes`);
      return decompress(input, size);
    },
  ]),
);
