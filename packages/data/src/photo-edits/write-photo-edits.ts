import { createHash } from 'node:crypto';
import { writeDataset, type WriteOptions } from '../dataset/write-dataset.ts';
import { FAULT_RATE } from '../faults/fault-plan.ts';
import type { MaskMaker } from './masks.ts';
import type { CutoutSource } from './objects/cutout-source.ts';
import { openPhotoSource } from './photo-source.ts';
import { PHOTO_SIZE, photoTriplet } from './photo-triplet.ts';

export type WritePhotoEditsOptions = WriteOptions & {
  /** The folder of photos to edit. */
  readonly photos: string;
  /** Which of them, by file name; all unless told. */
  readonly includes?: (name: string) => boolean;
  readonly seed: number;
  readonly size?: number;
  readonly faultRate?: number;
  /** Objects to put into the photos. */
  readonly objects?: Pick<CutoutSource, 'cutouts' | 'digest'>;
  /** What finds parts of the photos. */
  readonly maskMakers?: readonly MaskMaker[];
};

/**
 * Writes a dataset of computed edits of real photos (`photoTriplet`); a call that was interrupted continues when
 * repeated. Throws 'bad-input' naming the photo when one cannot be read.
 */
export async function writePhotoEdits(options: WritePhotoEditsOptions): Promise<{ written: number }> {
  const { seed, size = PHOTO_SIZE, faultRate = FAULT_RATE, photos, includes, objects, maskMakers } = options;
  const source = await openPhotoSource(photos, size, includes, maskMakers);
  // Which photo a triplet gets depends on all names, so a dataset is only continued from the same ones.
  const names = createHash('sha256').update(source.names.join('\n')).digest('hex').slice(0, 16);
  return writeDataset({
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
      for (let index = from; index < options.count; index++) {
        const { name, picture, masks } = await source.photoFor(seed, index);
        yield await photoTriplet(picture, name, seed, index, {
          size,
          faultRate,
          ...(objects && { cutouts: objects.cutouts }),
          ...(masks && { masks }),
        });
      }
    },
  });
}
