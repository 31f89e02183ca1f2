import { createReadStream } from 'node:fs';
import { extract } from 'tar-stream';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { MAX_PICTURE_BYTES } from './picture-bytes.ts';
import { splitEntryName, type PartRole } from './tar-parts.ts';

/** Consecutive entries of a tar whose names share a key; nothing is written to disk, so names are no paths. */
export type TarSample = { readonly key: string; readonly parts: ReadonlyMap<PartRole, Uint8Array> };

/** Longer names are refused: none is needed, and each is kept while its sample is read. */
const LONGEST_NAME = 1024;

/**
 * Reads a tar's samples, one in memory at a time. Throws 'bad-input' where the tar is damaged or breaks off, or holds anything but files
 * and folders: links and devices could lead anywhere.
 *
 * @param roleOf what a part holds; parts without a role are passed over.
 */
export async function* readTarSamples(
  path: string,
  roleOf: (part: string) => PartRole | undefined,
): AsyncGenerator<TarSample> {
  const entries = extract();
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  file.once('error', (error) => entries.destroy(error));
  file.pipe(entries);
  let sample: { key: string; parts: Map<PartRole, Uint8Array> } | undefined;
  try {
    for await (const entry of entries) {
      const { name, type, size } = entry.header;
      const where = `${path}, ${JSON.stringify(name.slice(0, 200))}`;
      assertHarmless({ name, type, size }, where);
      const { key, part } = splitEntryName(name);
      const role = type === 'directory' ? undefined : roleOf(part);
      if (role === undefined) {
        entry.resume();
        continue;
      }
      if (sample !== undefined && sample.key !== key) {
        yield sample;
        sample = undefined;
      }
      sample ??= { key, parts: new Map() };
      if (sample.parts.has(role)) throw refused(`the sample has its ${role} twice`, where);
      sample.parts.set(role, await collect(entry as unknown as AsyncIterable<Uint8Array>, size));
    }
    if (sample !== undefined) yield sample;
  } catch (error) {
    const explained = fromSystemError(error, { doing: 'read the dataset', path });
    if (explained instanceof RewardEditError) throw explained;
    throw refused(`this is no whole tar file: ${explained.message}`, path, error);
  } finally {
    file.destroy();
    entries.destroy();
  }
}

function assertHarmless(
  { name, type, size }: { name: string; type: unknown; size: number },
  where: string,
): void {
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') {
    throw refused(`the tar holds a ${String(type)}, where only files are read`, where);
  }
  if (name.length > LONGEST_NAME) throw refused('the tar holds a name that is too long', where);
  if (size > MAX_PICTURE_BYTES)
    throw refused(`the tar holds a file of ${size} bytes, too many for a picture`, where);
}

async function collect(entry: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) chunks.push(chunk);
  return Buffer.concat(chunks, size);
}

function refused(message: string, where: string, cause?: unknown): RewardEditError {
  return new RewardEditError('bad-input', message, {
    where,
    hint: 'get the file anew, or make it anew',
    cause,
  });
}
