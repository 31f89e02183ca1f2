import { createHash } from 'node:crypto';
import { listed } from '../dataset/listed.ts';
import { writeDataset, type WriteOptions } from '../dataset/write-dataset.ts';
import { FAULT_RATE } from '../faults/fault-plan.ts';
import type { MaskMaker } from './masks.ts';
import type { CutoutSource } from './objects/cutout-source.ts';
import { photosGone, readRoster, sizesOf, writeRoster } from './photo-roster.ts';
import { openPhotoSource } from './photo-source.ts';
import { PHOTO_SIZE, photoTriplet } from './photo-triplet.ts';

export type WritePhotoEditsOptions = WriteOptions & {
  /** Folder of the photos. */
  readonly photos: string;
  /** Chooses photos by file name; all by default. */
  readonly includes?: (name: string) => boolean;
  readonly seed: number;
  readonly size?: number;
  readonly faultRate?: number;
  /** Objects to put into the photos. */
  readonly objects?: Pick<CutoutSource, 'cutouts' | 'digest'>;
  /** Models that find parts of the photos. */
  readonly maskMakers?: readonly MaskMaker[];
};

/**
 * Writes a dataset of computed edits of real photos (`photoTriplet`). Repeating an interrupted call resumes it, even if a photo, such as a
 * broken one, was removed in between. A photo that cannot be decoded is set aside and reported; files of unsupported formats are counted.
 * Throws 'bad-input' if no photo can be read.
 */
export async function writePhotoEdits(
  options: WritePhotoEditsOptions,
): Promise<{ written: number; setAside: number }> {
  const { seed, size = PHOTO_SIZE, faultRate = FAULT_RATE, photos, includes, objects, maskMakers } = options;
  const found = await openPhotoSource(photos, size, includes, maskMakers);
  const begun = await readRoster(options.folder);
  const roster = await sizesOf(photos, found.names);
  const isSmaller = begun !== undefined && photosGone(begun, roster, photos).length > 0;
  const source = isSmaller
    ? await openPhotoSource(
        photos,
        size,
        includes,
        maskMakers,
        begun.map(({ name }) => name),
      )
    : found;
  // The photo of a triplet depends on all names, so a dataset can only be resumed with the photos it was started with.
  const names = createHash('sha256').update(source.names.join('\n')).digest('hex').slice(0, 16);
  const { emit } = options;
  if (source.unread.length > 0) {
    const message = `${source.unread.length} files are not used because their formats are not supported: ${listed(source.unread)}`;
    emit?.({ type: 'warning', message });
  }
  const reported = new Set<string>();
  const reportSetAside = () => {
    for (const [name, reason] of source.setAside) {
      if (reported.has(name)) continue;
      reported.add(name);
      emit?.({ type: 'quarantined', id: name, reason });
    }
  };
  const { written } = await writeDataset({
    ...options,
    maker: 'photo-edits',
    settings: {
      seed,
      size,
      faultRate,
      photos: names,
      ...(objects && { objects: objects.digest }),
      ...(maskMakers && { masks: maskMakers.map(({ part, digest }) => `${part} ${digest}`) }),
    },
    async *triplets(from) {
      if (begun === undefined) await writeRoster(options.folder, roster);
      for (let index = from; index < options.count; index++) {
        const { name, picture, masks } = await source.photoFor(seed, index);
        reportSetAside();
        yield await photoTriplet(picture, name, seed, index, {
          size,
          faultRate,
          ...(objects && { cutouts: objects.cutouts }),
          ...(masks && { masks }),
        });
      }
    },
  });
  return { written, setAside: source.setAside.size };
}
