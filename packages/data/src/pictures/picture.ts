import { RewardEditError } from '@rewardedit/core';

/** A decoded picture: sRGB, 8 bits per channel; `data` has `height` rows of `width` interleaved RGB triples. */
export type Picture = {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
};

/** A picture's side lengths in pixels. */
export type PictureSize = { readonly width: number; readonly height: number };

/** Makes a picture of one colour (0 to 255 each), black by default. */
export function blankPicture(width: number, height: number, colour: readonly number[] = [0, 0, 0]): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 3];
  return { width, height, data };
}

/** Throws 'bad-input' unless both pictures have the same size. */
export function assertSameSize(a: PictureSize, b: PictureSize): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RewardEditError(
      'bad-input',
      `pictures of ${a.width}x${a.height} and ${b.width}x${b.height} pixels cannot be compared or blended`,
      { hint: 'resize one of them first' },
    );
  }
}
