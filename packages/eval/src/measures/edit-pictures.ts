import { RewardEditError, type Triplet } from '@rewardedit/core';
import { readPicture, type Dataset, type Picture, type PictureSize } from '@rewardedit/data';
import { resizeBicubic } from '@rewardedit/metrics';

/** The pictures of one edit, all of the same size. */
export interface EditPictures {
  readonly original: Picture;
  readonly edited: Picture;
  readonly truth?: Picture | undefined;
}

/** Larger originals are shrunk to this many pixels along the shorter side before measuring. */
const LARGEST_SIDE = 512;

/** Allowed relative difference of proportions: editors round sides to multiples of 8 and more. */
const SAME_SHAPE = 0.03;

/**
 * Reads the pictures of an edit, all at the size of the original (at most 512 pixels along the shorter side), so that editors
 * with different output sizes are compared at the size of the user's picture. Proportions must agree except for rounding.
 *
 * @throws RewardEditError 'bad-input' if they do not, or if a picture cannot be read.
 */
export async function readEditPictures(dataset: Dataset, triplet: Triplet): Promise<EditPictures> {
  const original = await readPicture(dataset.resolve(triplet.original), { shorterSide: LARGEST_SIDE });
  const readFitted = async (name: string) => {
    const picture = await readPicture(dataset.resolve(name));
    assertSameShape(picture, original, triplet);
    const { width, height } = original;
    return picture.width === width && picture.height === height
      ? picture
      : resizeBicubic(picture, { width, height });
  };
  const [edited, truth] = await Promise.all([
    readFitted(triplet.edited),
    triplet.truth === undefined ? undefined : readFitted(triplet.truth),
  ]);
  return { original, edited, ...(truth !== undefined && { truth }) };
}

function assertSameShape(a: PictureSize, b: PictureSize, { id }: Triplet): void {
  const ratio = (a.width * b.height) / (a.height * b.width);
  if (Math.max(ratio, 1 / ratio) - 1 <= SAME_SHAPE) return;
  throw new RewardEditError(
    'bad-input',
    `the pictures differ in shape: ${a.width}x${a.height} and ${b.width}x${b.height} pixels`,
    { where: id, hint: 'pictures of other proportions show another part of the scene' },
  );
}
