import type { ByteSource } from './byte-source.ts';
import { damagedTorchFile } from './damaged.ts';

// The subset of ZIP (PKWARE's APPNOTE, 6.3.10) that torch writes: stored, uncompressed files, with the ZIP64 extension for large ones.

/** Location of an archived file. */
export interface ZipEntry {
  readonly name: string;
  readonly begin: number;
  readonly length: number;
}

const END_RECORD = { signature: 0x06054b50, length: 22, longestComment: 0xffff };
const END_RECORD_64 = { signature: 0x06064b50, length: 56 };
const END_LOCATOR_64 = { signature: 0x07064b50, length: 20 };
const CENTRAL_HEADER = { signature: 0x02014b50, length: 46 };
const LOCAL_HEADER = { signature: 0x04034b50, length: 30 };
const EXTRA_64 = 0x0001;
const LARGEST_DIRECTORY = 2 ** 26;
const UNKNOWN_32 = 0xffffffff;
const ENCRYPTED = 1;

/** Returns whether the first bytes are those of an archive. */
export function isZip(beginning: Uint8Array): boolean {
  return beginning.length >= 4 && viewOf(beginning).getUint32(0, true) === LOCAL_HEADER.signature;
}

/**
 * Returns the files in an archive, by name.
 *
 * @throws RewardEditError 'bad-input' if it is damaged, or contains compressed or encrypted files.
 */
export async function readZip(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const { position, length, count } = await findDirectory(source);
  if (length > LARGEST_DIRECTORY || position + length > source.size)
    throw damagedTorchFile(source.path, `its directory claims ${length} bytes at offset ${position}`);
  const bytes = await source.read(position, length);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = await readEntry(source, bytes, at);
    if (entries.has(entry.name))
      throw damagedTorchFile(source.path, `its directory has ${JSON.stringify(entry.name)} twice`);
    entries.set(entry.name, entry);
    at = next;
  }
  if (at !== length) throw damagedTorchFile(source.path, 'its directory is longer than its entries');
  return entries;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function findDirectory(
  source: ByteSource,
): Promise<{ position: number; length: number; count: number }> {
  const tailLength = Math.min(source.size, END_RECORD.length + END_RECORD.longestComment);
  const tailStart = source.size - tailLength;
  const view = viewOf(await source.read(tailStart, tailLength));
  let at = tailLength - END_RECORD.length;
  while (at >= 0 && view.getUint32(at, true) !== END_RECORD.signature) at--;
  if (at < 0) throw damagedTorchFile(source.path, 'it has no directory at its end: it may be truncated');
  const [count, length, position] = [
    view.getUint16(at + 10, true),
    view.getUint32(at + 12, true),
    view.getUint32(at + 16, true),
  ];
  const hasLocator =
    at >= END_LOCATOR_64.length &&
    view.getUint32(at - END_LOCATOR_64.length, true) === END_LOCATOR_64.signature;
  if (!hasLocator) return { position, length, count };
  const place = wholeNumber(source, view.getBigUint64(at - END_LOCATOR_64.length + 8, true));
  if (place + END_RECORD_64.length > source.size)
    throw damagedTorchFile(source.path, 'the end record of its directory is missing');
  const record = viewOf(await source.read(place, END_RECORD_64.length));
  if (record.getUint32(0, true) !== END_RECORD_64.signature)
    throw damagedTorchFile(source.path, 'the end record of its directory is invalid');
  return {
    count: wholeNumber(source, record.getBigUint64(32, true)),
    length: wholeNumber(source, record.getBigUint64(40, true)),
    position: wholeNumber(source, record.getBigUint64(48, true)),
  };
}

function wholeNumber(source: ByteSource, value: bigint): number {
  if (value > BigInt(source.size))
    throw damagedTorchFile(source.path, `it claims an offset or length of ${value} bytes`);
  return Number(value);
}

async function readEntry(
  source: ByteSource,
  directory: Uint8Array,
  at: number,
): Promise<{ entry: ZipEntry; next: number }> {
  const view = viewOf(directory);
  const damaged = (problem: string) => damagedTorchFile(source.path, problem);
  if (at + CENTRAL_HEADER.length > directory.length || view.getUint32(at, true) !== CENTRAL_HEADER.signature)
    throw damaged('its directory is damaged');
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
    view.getUint16(at + field, true),
  );
  const nameStart = at + CENTRAL_HEADER.length;
  const next = nameStart + nameLength + extraLength + commentLength;
  if (next > directory.length) throw damaged('its directory is truncated');
  const name = new TextDecoder().decode(directory.subarray(nameStart, nameStart + nameLength));
  if (method !== 0) throw damaged(`its file ${JSON.stringify(name)} is compressed, which torch does not do`);
  if ((flags & ENCRYPTED) !== 0) throw damaged(`its file ${JSON.stringify(name)} is encrypted`);

  const extra = directory.subarray(nameStart + nameLength, nameStart + nameLength + extraLength);
  // Values that do not fit into 32 bits are in the extra field, in this order.
  const short = {
    size: view.getUint32(at + 24, true),
    stored: view.getUint32(at + 20, true),
    place: view.getUint32(at + 42, true),
  };
  const long = longNumbers(extra, Object.values(short).filter((value) => value === UNKNOWN_32).length);
  const [length, stored, place] = [short.size, short.stored, short.place].map((value) =>
    value === UNKNOWN_32 && long.length > 0 ? wholeNumber(source, long.shift()!) : value,
  );
  if (length !== stored)
    throw damaged(`its file ${JSON.stringify(name)} has two lengths, ${stored} and ${length}`);
  if (place + LOCAL_HEADER.length > source.size) throw damaged(`its file ${JSON.stringify(name)} is missing`);
  const local = viewOf(await source.read(place, LOCAL_HEADER.length));
  if (local.getUint32(0, true) !== LOCAL_HEADER.signature)
    throw damaged(`its file ${JSON.stringify(name)} is not where its directory says`);
  const begin = place + LOCAL_HEADER.length + local.getUint16(26, true) + local.getUint16(28, true);
  if (begin + length > source.size) throw damaged(`its file ${JSON.stringify(name)} is truncated`);
  return { entry: { name, begin, length }, next };
}

function longNumbers(extra: Uint8Array, most: number): bigint[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length;) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    const end = at + 4 + length;
    if (id === EXTRA_64 && end <= extra.length) {
      const count = Math.min(most, Math.floor(length / 8));
      return Array.from({ length: count }, (_, i) => view.getBigUint64(at + 4 + 8 * i, true));
    }
    at = end;
  }
  return [];
}
