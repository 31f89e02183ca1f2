import { resizePicture, type Picture } from '@rewardedit/data';
import { imageSides, type SmartEditConfig } from '@rewardedit/models';
import { toPixelSpace } from '../picture-space/index.ts';

/** What CLIP's pictures are normalized by, colour by colour, between 0 and 1. */
const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
const CLIP_DEVIATION = [0.26862954, 0.26130258, 0.27577711];

/** A picture squashed to the square that the model sees, whatever its proportions, as the original does. */
export async function seenSquare(config: SmartEditConfig, picture: Picture): Promise<Picture> {
  const { pixels: side } = imageSides(config);
  if (picture.width === side && picture.height === side) return picture;
  const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
  return resizePicture(picture, { width: side, height: side }, whole);
}

/** The numbers of such a square as what sees it expects them, [3, side, side] flat. */
export function seenValues({ image }: SmartEditConfig, square: Picture): Float32Array {
  return image.kind === 'convolutions' ? toPixelSpace(square, 1) : clipValues(square);
}

/** The numbers of a picture as CLIP's vision tower expects them, [3, height, width] flat. */
export function clipValues(picture: Picture): Float32Array {
  const perColour = picture.width * picture.height;
  return toPixelSpace(picture, 1).map((value, i) => {
    const colour = Math.floor(i / perColour);
    return ((value + 1) / 2 - CLIP_MEAN[colour]) / CLIP_DEVIATION[colour];
  });
}
