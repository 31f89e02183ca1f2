import { resizePicture, type Picture } from '@rewardedit/data';
import { imageSides, type SmartEditConfig } from '@rewardedit/models';
import { toPixelSpace } from '../picture-space/index.ts';

/** Mean and standard deviation by which CLIP normalizes pictures, per colour, in 0..1. */
const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
const CLIP_DEVIATION = [0.26862954, 0.26130258, 0.27577711];

/** Resizes a picture to the square that the model sees, ignoring its proportions, as the original does. */
export async function seenSquare(config: SmartEditConfig, picture: Picture): Promise<Picture> {
  const { pixels: side } = imageSides(config);
  if (picture.width === side && picture.height === side) return picture;
  const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
  return resizePicture(picture, { width: side, height: side }, whole);
}

/** Returns the values of such a square for the model's image encoder, [3, side, side] flat. */
export function seenValues({ image }: SmartEditConfig, square: Picture): Float32Array {
  return image.kind === 'convolutions' ? toPixelSpace(square, 1) : clipValues(square);
}

/** Returns the values of a picture for CLIP's vision tower, [3, height, width] flat. */
export function clipValues(picture: Picture): Float32Array {
  const perColour = picture.width * picture.height;
  return toPixelSpace(picture, 1).map((value, i) => {
    const colour = Math.floor(i / perColour);
    return ((value + 1) / 2 - CLIP_MEAN[colour]) / CLIP_DEVIATION[colour];
  });
}
