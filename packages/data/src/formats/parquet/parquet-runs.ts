import type { ParquetType } from 'hyparquet';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { LargePageError, MAX_PAGE_BYTES } from './parquet-limits.ts';

/** The contents of a data page according to its header and the schema. */
export type PageContents = {
  /** Values, empty ones included. */
  readonly values: number;
  readonly encoding: string;
  readonly type: ParquetType | undefined;
  readonly maxRepetition: number;
  readonly maxDefinition: number;
};

type Reader = { readonly view: DataView; offset: number };

/** Bits per level, by parquet's rule. */
const bitWidth = (value: number) => 32 - Math.clz32(value);

const DICTIONARY = ['PLAIN_DICTIONARY', 'RLE_DICTIONARY'];

/** Whether a page contains runs or other repetitions. */
export function hasRuns({ maxRepetition, maxDefinition, encoding, type }: PageContents): boolean {
  const valuesHaveRuns =
    DICTIONARY.includes(encoding) ||
    encoding === 'DELTA_BYTE_ARRAY' ||
    (encoding === 'RLE' && type === 'BOOLEAN');
  return maxRepetition > 0 || maxDefinition > 0 || valuesHaveRuns;
}

/**
 * Checks the runs of a page without expanding them. The decoder repeats a value as often as its run says, and builds texts from prefixes of
 * earlier ones, so a few bytes could ask for more memory than there is. Throws RangeError if a run is longer than the page has values,
 * LargePageError if the texts are too long in total.
 *
 * @param page decompressed bytes of the page: levels followed by values (version 1 of pages), or only values if `levels` is given
 *   (version 2).
 */
export function assertRuns(page: Uint8Array, contents: PageContents, levels?: PageLevels): void {
  const { values, encoding, type, maxRepetition, maxDefinition } = contents;
  const reader = readerOf(page);
  let filled = values;
  if (levels === undefined) {
    if (maxRepetition > 0) levelBlock(reader, bitWidth(maxRepetition), values);
    if (maxDefinition > 0)
      filled = filledValues(levelBlock(reader, bitWidth(maxDefinition), values), contents);
  } else {
    const { repetition, definition } = levels;
    if (maxRepetition > 0) walk(readerOf(repetition), bitWidth(maxRepetition), values, repetition.length);
    if (maxDefinition > 0) {
      walk(readerOf(definition), bitWidth(maxDefinition), values, definition.length);
      filled = filledValues(definition, contents);
    }
  }
  if (filled === 0) return;
  if (DICTIONARY.includes(encoding)) {
    const width = reader.view.getUint8(reader.offset);
    if (width > 32) throw new RangeError(`a page has indices of ${width} bits`);
    reader.offset += 1;
    if (width > 0) walk(reader, width, filled, page.length - reader.offset);
  } else if (encoding === 'RLE' && type === 'BOOLEAN') {
    // In both versions, the length of these values comes first.
    levelBlock(reader, 1, filled);
  } else if (encoding === 'DELTA_BYTE_ARRAY') assertTexts(reader, filled);
}

/** The levels of a page of version 2, which are never compressed. */
export type PageLevels = { readonly repetition: Uint8Array; readonly definition: Uint8Array };

function readerOf(bytes: Uint8Array): Reader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
}

/** Checks the runs of a block that begins with its length, and returns its contents. */
function levelBlock(reader: Reader, width: number, values: number): Uint8Array {
  const length = reader.view.getUint32(reader.offset, true);
  const start = reader.offset + 4;
  if (start + length > reader.view.byteLength) throw new RangeError('levels are longer than their page');
  reader.offset = start;
  walk(reader, width, values, length);
  reader.offset = start + length;
  return new Uint8Array(reader.view.buffer, reader.view.byteOffset + start, length);
}

function walk(reader: Reader, width: number, values: number, length: number): void {
  const end = reader.offset + length;
  for (let seen = 0; seen < values && reader.offset < end;) {
    const header = readVarInt(reader);
    const isPacked = (header & 1) === 1;
    const count = header >>> 1;
    // Bit-packed values come in groups of eight, the last of which may be padded.
    if ((isPacked ? (count - 1) * 8 : count) > values)
      throw new RangeError(`a run of ${isPacked ? count * 8 : count} in a page of ${values} values`);
    seen += isPacked ? count * 8 : count;
    reader.offset += isPacked ? count * width : Math.ceil(width / 8);
  }
}

/** Reads a number of up to 32 bits, seven per byte. */
function readVarInt(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.view.getUint8(reader.offset);
    reader.offset += 1;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new RangeError('the header of a run does not end');
}

/** Counts the values that are not null. The runs were checked before, so expanding them is safe. */
function filledValues(block: Uint8Array, { values, maxDefinition, encoding }: PageContents): number {
  // For other encodings, the number of all values is a good enough bound.
  if (encoding !== 'DELTA_BYTE_ARRAY') return values;
  const found: number[] = Array.from({ length: values }, () => 0);
  readRleBitPackedHybrid(readerOf(block), bitWidth(maxDefinition), found, block.length);
  return found.filter((level) => level === maxDefinition).length;
}

/** Each text says how much of the one before it begins with: together they may be far longer than the page. */
function assertTexts(reader: Reader, count: number): void {
  const [prefixes, suffixes] = [new Int32Array(count), new Int32Array(count)];
  deltaBinaryUnpack(reader, count, prefixes);
  deltaBinaryUnpack(reader, count, suffixes);
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    if (prefixes[i] < 0 || suffixes[i] < 0) throw new RangeError('a text of negative length');
    bytes += prefixes[i] + suffixes[i];
  }
  if (bytes > MAX_PAGE_BYTES) throw new LargePageError(bytes);
}
