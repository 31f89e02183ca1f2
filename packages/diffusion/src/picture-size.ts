import { readPicture, readPictureSize, type CropBox, type Picture, type PictureSize } from '@rewardedit/data';
import { worksOnPixels, type EditModelConfig } from './edit-model.ts';

/** The longer side of a picture is at most this many times the shorter one; what goes beyond is cut off. */
const LONGEST = 4;

type SizedModel = Pick<EditModelConfig, 'unet' | 'space'>;

/**
 * Width and height of pictures are multiples of this many pixels. On latents those are the autoencoder's squares: where a level
 * of the network halves an odd side, going up takes it back to that side, as diffusers has it. Small networks on pixels were only
 * trained on sides that all levels halve.
 */
export function sizeMultiple(model: SizedModel): number {
  const { unet, space } = model;
  return worksOnPixels(model) ? space.multiple * 2 ** (unet.block_out_channels.length - 1) : space.multiple;
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

/**
 * The size at which InstructPix2Pix edits a picture (its edit_cli.py, with the model's own multiple for 64): the longer side comes near
 * to `resolution`, because the shorter one is rounded up to a multiple and the longer one follows, rounded down.
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

/** At what size a model is to edit: pixels of the shorter side, or of the longer one by `resolutionSize`. */
export type AskedSize = { readonly side: number } | { readonly resolution: number };

/** A picture as a model is shown it. */
export type ShownPicture = {
  readonly picture: Picture;
  /** What it was before: the part of the file that is edited. */
  readonly whole: PictureSize;
};

export type ShowOptions = {
  /** Only this part of it. */
  readonly crop?: CropBox | undefined;
  /** Whether its edit is to be given back in its own size, so that nothing of it may be cut off. */
  readonly isGivenBack?: boolean;
};

/**
 * Reads a picture, or a part of it, in the size at which a model is to edit it, cropped to the proportions of that size. Where its edit
 * is to be given back, a model on latents gets all of it, squeezed by less than a multiple; edits on pixels are carried over to what was
 * cut off too (`carryEdit`).
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
