import type { CropBox, PictureSize } from '@rewardedit/data';

/** A part of any picture: the largest square in its middle, or a rectangle, in its middle unless its corner is named. */
export type Crop =
  'square' | { readonly width: number; readonly height: number; readonly corner?: readonly [number, number] };

/** Reads "square", "512x384" or "512x384+100+50"; undefined for anything else. */
export function parseCrop(text: string): Crop | undefined {
  if (text === 'square') return text;
  const [, width, height, left, top] = /^(\d{1,6})x(\d{1,6})(?:\+(\d{1,6})\+(\d{1,6}))?$/.exec(text) ?? [];
  if (!(Number(width) > 0 && Number(height) > 0)) return undefined;
  const size = { width: Number(width), height: Number(height) };
  return left === undefined ? size : { ...size, corner: [Number(left), Number(top)] };
}

/** Where the part lies in a picture of this size. Throws 'bad-input' where it reaches beyond it. */
export async function cropBox(crop: Crop, picture: PictureSize): Promise<CropBox> {
  const side = Math.min(picture.width, picture.height);
  const { width, height, corner } = crop === 'square' ? { width: side, height: side } : crop;
  const [left, top] = corner ?? [
    Math.floor((picture.width - width) / 2),
    Math.floor((picture.height - height) / 2),
  ];
  if (left >= 0 && top >= 0 && left + width <= picture.width && top + height <= picture.height)
    return { left, top, width, height };
  const { RewardEditError } = await import('@rewardedit/core');
  throw new RewardEditError(
    'bad-input',
    `the part of ${width} x ${height} pixels reaches beyond the picture, which has ${picture.width} x ${picture.height}`,
    { where: '--crop', hint: 'choose a smaller part, or another corner' },
  );
}
