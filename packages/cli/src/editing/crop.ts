import type { CropBox, PictureSize } from '@rewardedit/data';

/** A part of a picture: the largest centred square, or a rectangle, centred unless it has a corner. */
export type Crop =
  'square' | { readonly width: number; readonly height: number; readonly corner?: readonly [number, number] };

/** Parses "square", "512x384" or "512x384+100+50"; undefined for anything else. */
export function parseCrop(text: string): Crop | undefined {
  if (text === 'square') return text;
  const [, width, height, left, top] = /^(\d{1,6})x(\d{1,6})(?:\+(\d{1,6})\+(\d{1,6}))?$/.exec(text) ?? [];
  if (!(Number(width) > 0 && Number(height) > 0)) return undefined;
  const size = { width: Number(width), height: Number(height) };
  return left === undefined ? size : { ...size, corner: [Number(left), Number(top)] };
}

/** The box of the part in a picture of this size. Throws 'bad-input' if it does not fit. */
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
    `the part of ${width} x ${height} pixels does not fit into the picture of ${picture.width} x ${picture.height}`,
    { where: '--crop', hint: 'choose a smaller part or another corner' },
  );
}
