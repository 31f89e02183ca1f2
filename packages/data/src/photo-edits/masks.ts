import type { Picture } from '../pictures/picture.ts';

/** What a mask can tell from the rest of a photo. */
export const MASKED_PARTS = ['subject', 'sky'] as const;
export type MaskedPart = (typeof MASKED_PARTS)[number];

/** Finds parts of photos: a grey picture in the proportions of the photo, white where it shows the part. */
export type MaskMaker = {
  readonly part: MaskedPart;
  /** Tells one model from another. */
  readonly digest: string;
  readonly maskOf: (photo: Picture) => Promise<Picture>;
};

/** One weight a pixel from a grey picture. */
export function maskWeights({ data }: Picture): Float32Array {
  return Float32Array.from({ length: data.length / 3 }, (_, i) => data[i * 3] / 255);
}

/** Of the picture, so much has to be inside the part, so much outside, and only so much in doubt. */
const LEAST = 0.08;
const MOST = 0.75;
const MOST_DOUBTFUL = 0.12;

/** Whether the part can be edited without guessing where it ends. */
export function isClear(mask: Float32Array): boolean {
  let inside = 0;
  let doubtful = 0;
  for (const weight of mask) {
    inside += weight / mask.length;
    if (weight > 0.2 && weight < 0.8) doubtful += 1 / mask.length;
  }
  return inside >= LEAST && inside <= MOST && doubtful <= MOST_DOUBTFUL;
}
