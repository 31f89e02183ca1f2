import { readPicture, readPictureSize, type CropBox, type Picture, type PictureSize } from '@rewardedit/data';
import { worksOnPixels, type EditModelConfig } from './edit-model.ts';

/** Longest aspect ratio of an edited picture; longer pictures are cropped. */
const LONGEST = 4;

type SizedModel = Pick<EditModelConfig, 'unet' | 'space'>;

/**
 * Returns the number of pixels that width and height must be multiples of. For latents it is the autoencoder's stride: a level of the
 * U-Net may halve an odd side, and the way up restores it, as in diffusers. Small networks on pixels were only trained with sides that
 * every level can halve.
 */
export function sizeMultiple(model: SizedModel): number {
  const { unet, space } = model;
  return worksOnPixels(model) ? space.multiple * 2 ** (unet.block_out_channels.length - 1) : space.multiple;
}

/** Returns the shorter side, in pixels, of the pictures that a model was trained on, if its configuration has it. */
export function trainedSide({ unet, space }: SizedModel): number | undefined {
  const { sample_size: size } = unet;
  if (size === null) return undefined;
  return space.multiple * (typeof size === 'number' ? size : Math.min(...size));
}

/**
 * Returns the size at which to edit a picture: `side` pixels along the shorter side, which must be a multiple of `sizeMultiple`, and along
 * the longer one the multiple closest to the picture's proportions.
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

/**
 * Returns the size at which InstructPix2Pix edits a picture (its edit_cli.py, with the model's multiple in place of 64): the shorter side is
 * scaled and rounded up to a multiple, and the longer side follows, rounded down, so that it is close to `resolution`.
 */
export function resolutionSize(
  model: SizedModel,
  { width, height }: PictureSize,
  resolution: number,
): PictureSize {
  const multiple = sizeMultiple(model);
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  const low = Math.ceil((shorter * resolution) / (longer * multiple));
  const high = Math.max(low, Math.floor((longer * low) / shorter));
  const sides = [low * multiple, high * multiple];
  return width < height ? { width: sides[0], height: sides[1] } : { width: sides[1], height: sides[0] };
}

/** The requested size: pixels of the shorter side, or of the longer side by `resolutionSize`. */
export type AskedSize = { readonly side: number } | { readonly resolution: number };

/** A picture resized for a model. */
export type ShownPicture = {
  readonly picture: Picture;
  /** Its size before that: of the file, or of the cropped part. */
  readonly whole: PictureSize;
};

export type ShowOptions = {
  /** Reads only this part of the file. */
  readonly crop?: CropBox | undefined;
  /** Whether the edit will be returned in the original size, so that nothing may be cropped. */
  readonly isGivenBack?: boolean;
};

/**
 * Reads a picture, or a part of it, at the size at which a model will edit it, cropped to the proportions of that size. If the edit is
 * returned in the original size, a picture for a model on latents is stretched, by less than a multiple, instead of cropped; edits
 * on pixels are extended to the cropped margins by `carryEdit`.
 */
export async function readShown(
  path: string,
  model: SizedModel,
  asked: AskedSize,
  { crop, isGivenBack = false }: ShowOptions = {},
): Promise<ShownPicture> {
  const whole = crop ?? (await readPictureSize(path));
  const fit =
    'side' in asked
      ? proportionalSize(model, whole, asked.side)
      : resolutionSize(model, whole, asked.resolution);
  const stretch = isGivenBack && !worksOnPixels(model);
  return { picture: await readPicture(path, { crop, fit, stretch }), whole };
}
