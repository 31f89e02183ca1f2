import type { Picture } from '../pictures/picture.ts';

/** A part that a mask can separate from the rest of a photo. */
export const MASKED_PARTS = ['subject', 'sky'] as const;
export type MaskedPart = (typeof MASKED_PARTS)[number];

/** Finds a part of photos: a grey picture in the proportions of the photo, white where the part is. */
export type MaskMaker = {
  readonly part: MaskedPart;
  /** Identifies the model. */
  readonly digest: string;
  readonly maskOf: (photo: Picture) => Promise<Picture>;
};

/** Converts a grey picture to one weight per pixel. */
export function maskWeights({ data }: Picture): Float32Array {
  return Float32Array.from({ length: data.length / 3 }, (_, i) => data[i * 3] / 255);
}

/** Shares of the picture: at least this much inside the part and outside of it, at most this much uncertain. */
const LEAST = 0.08;
const MOST = 0.75;
const MOST_DOUBTFUL = 0.12;

/** Whether the edge of the part is clear enough for an edit. */
export function isClear(mask: Float32Array): boolean {
  let inside = 0;
  let doubtful = 0;
  for (const weight of mask) {
    inside += weight / mask.length;
    if (weight > 0.2 && weight < 0.8) doubtful += 1 / mask.length;
  }
  return inside >= LEAST && inside <= MOST && doubtful <= MOST_DOUBTFUL;
}
