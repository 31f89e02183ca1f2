import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { RewardEditError, fromSystemError, refuseOtherContents } from '@rewardedit/core';
import { fileBeginning } from '../file-beginning.ts';
import { MAX_PICTURE_BYTES } from '../pictures/picture-bytes.ts';
import { collectSamples, type TarSample } from './tar-sample-collector.ts';
import { cutEntryName, type PartRole } from './tar-parts.ts';

/** Longer names are refused: they stay in memory while their sample is read. */
const LONGEST_NAME = 1024;

/** Gzip's magic number, whatever the file is called. */
const isGzipped = ([first, second]: Uint8Array) => first === 0x1f && second === 0x8b;

/**
 * Reads the samples of a tar, few in memory at a time. Nothing is written to disk, so names are never used as paths. Throws 'bad-input' if
 * the tar is damaged or truncated, contains anything except files and folders (links and devices could lead anywhere), or if the parts of a
 * sample are not adjacent.
 *
 * @param roleOf the role of a part. Parts without one are skipped and passed to `onLeftOut`.
 */
export async function* readTarSamples(
  path: string,
  roleOf: (part: string) => PartRole | undefined,
  onLeftOut: (part: string) => void,
): AsyncGenerator<TarSample> {
  const beginning = await fileBeginning(path);
  refuseOtherContents(beginning, path, 'file');
  const entries = extract();
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  // Iterating over the entries throws what fails here.
  const done = (error: Error | null | undefined) => void (error && entries.destroy(error));
  if (isGzipped(beginning)) pipeline(file, createGunzip(), entries, done);
  else pipeline(file, entries, done);
  const collector = collectSamples(path, onLeftOut);
  try {
    for await (const entry of entries) {
      const { name, type, size } = entry.header;
      const where = `${path}, ${JSON.stringify(name.slice(0, 200))}`;
      assertHarmless({ name, type, size }, where);
      const cut = type === 'directory' ? undefined : cutEntryName(name, roleOf, onLeftOut);
      if (cut === undefined) {
        entry.resume();
        continue;
      }
      yield* collector.add(cut, await buffer(entry), where);
    }
    yield* collector.end();
  } catch (error) {
    const explained = fromSystemError(error, { doing: 'read the dataset', path });
    if (explained instanceof RewardEditError) throw explained;
    throw refused(`not a complete tar file: ${explained.message}`, path, error);
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
    throw refused(`the tar contains a ${String(type)}; only files are read`, where);
  }
  if (name.length > LONGEST_NAME) throw refused('the tar contains a name that is too long', where);
  if (size > MAX_PICTURE_BYTES)
    throw refused(`the tar contains a file of ${size} bytes, too many for a picture`, where);
}

function refused(message: string, where: string, cause?: unknown): RewardEditError {
  return new RewardEditError('bad-input', message, {
    where,
    hint: 'download the file again, or pack it again',
    cause,
  });
}
