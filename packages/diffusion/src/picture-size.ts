import type { PictureSize } from '@rewardedit/data';
import type { EditModelConfig } from './edit-model.ts';

/** The longer side of a picture is at most this many times the shorter one; what goes beyond is cut off. */
const LONGEST = 4;

type SizedModel = Pick<EditModelConfig, 'unet' | 'space'>;

/** Width and height of pictures are multiples of this many pixels: each level of the network halves them. */
export function sizeMultiple({ unet, space }: SizedModel): number {
  return space.multiple * 2 ** (unet.block_out_channels.length - 1);
}

/** The shorter side, in pixels, of the pictures that a model was made for, where its configuration says so. */
export function trainedSide({ unet, space }: SizedModel): number | undefined {
  const { sample_size: size } = unet;
  if (size === null) return undefined;
  return space.multiple * (typeof size === 'number' ? size : Math.min(...size));
}

/**
 * The size at which a picture is edited: `side` pixels along its shorter side, which must be a multiple of `sizeMultiple`, and the
 * nearest multiple to its own proportions along the other.
 */
export function proportionalSize(
  model: SizedModel,
  { width, height }: PictureSize,
  side: number,
): PictureSize {
  const multiple = sizeMultiple(model);
  const ratio = Math.min(Math.max(width, height) / Math.min(width, height), LONGEST);
  const longer = Math.max(Math.round((side * ratio) / multiple), side / multiple) * multiple;
  return width < height ? { width: side, height: longer } : { width: longer, height: side };
}
