import { boxBlur } from '../pictures/box-blur.ts';
import { mapPixels, type Pixels } from '../pictures/pixels.ts';
import { brighten, darken, scaleSaturation } from './colour-edits.ts';

/** Edits of a part of a photo, and how people ask for them. */
type Look = {
  readonly apply: (pixels: Pixels) => Pixels;
  readonly wordings: (part: string) => readonly string[];
};

const blurred = (pixels: Pixels) => {
  const radius = Math.max(1, Math.round(Math.min(pixels.width, pixels.height) / 32));
  return boxBlur(boxBlur(boxBlur(pixels, radius), radius), radius);
};

export const REGION_LOOKS = {
  'black and white': {
    apply: (pixels) => scaleSaturation(pixels, 0),
    wordings: (part) => [`make ${part} black and white`, `take the colour out of ${part}`],
  },
  darker: { apply: darken, wordings: (part) => [`make ${part} darker`, `darken ${part}`] },
  brighter: { apply: brighten, wordings: (part) => [`make ${part} brighter`, `brighten ${part}`] },
  blurred: { apply: blurred, wordings: (part) => [`blur ${part}`, `make ${part} blurry`] },
  colourful: {
    apply: (pixels) => scaleSaturation(pixels, 2.2),
    wordings: (part) => [`make ${part} more colourful`, `give ${part} stronger colours`],
  },
} as const satisfies Record<string, Look>;
export type RegionLook = keyof typeof REGION_LOOKS;

/** Colours of skies from the horizon up, RGB, 0 to 1; `keep` is how visible the photo's own clouds stay. */
const SKIES = {
  'a sunset sky': { top: [0.35, 0.25, 0.5], bottom: [1, 0.62, 0.3], keep: 0.45 },
  'a clear blue sky': { top: [0.18, 0.42, 0.85], bottom: [0.68, 0.85, 0.98], keep: 0.15 },
  'a night sky': { top: [0.02, 0.03, 0.1], bottom: [0.1, 0.13, 0.28], keep: 0.12 },
  'a grey stormy sky': { top: [0.25, 0.27, 0.31], bottom: [0.58, 0.6, 0.62], keep: 0.5 },
  'a pink sky': { top: [0.75, 0.4, 0.6], bottom: [1, 0.8, 0.82], keep: 0.4 },
} as const;
export type Sky = keyof typeof SKIES;
export const SKY_NAMES = Object.keys(SKIES) as readonly Sky[];

/** Turns the whole picture into a sky in which the photo's brightness stays visible as clouds. */
export function asSky(pixels: Pixels, name: Sky): Pixels {
  const { top, bottom, keep } = SKIES[name];
  let mean = 0;
  for (const value of pixels.data) mean += value / pixels.data.length;
  return mapPixels(pixels, (rgb, _x, y) => {
    const cloud = keep * ((rgb[0] + rgb[1] + rgb[2]) / 3 - mean);
    const down = Math.min(1, (y / pixels.height) * 1.4);
    for (let c = 0; c < 3; c++) rgb[c] = top[c] + down * (bottom[c] - top[c]) + cloud;
  });
}

export function skyWordings(name: Sky): readonly string[] {
  return [`replace the sky with ${name}`, `turn the sky into ${name}`, `give the photo ${name}`];
}
