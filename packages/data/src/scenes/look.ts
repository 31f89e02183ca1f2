import { luma } from '../pictures/pixels.ts';

/** Changes one pixel (RGB, 0 to 1) in place. */
type PixelChange = (rgb: Float32Array) => void;

/** Multiplies the three channels. */
const light =
  (red: number, green: number, blue: number): PixelChange =>
  (rgb) => {
    rgb[0] *= red;
    rgb[1] *= green;
    rgb[2] *= blue;
  };

/** Maps luma linearly from the first colour (dark) to the second (bright). */
const duotone =
  (dark: readonly number[], bright: readonly number[]): PixelChange =>
  (rgb) => {
    const grey = luma(rgb);
    for (let c = 0; c < 3; c++) rgb[c] = dark[c] + grey * (bright[c] - dark[c]);
  };

/** Looks that change the light of a scene. */
export const GLOBAL_LOOKS = {
  night: light(0.36, 0.42, 0.72),
  warm: light(1.12, 0.88, 0.55),
  cold: light(0.6, 0.9, 1.18),
  bright: (rgb) => {
    for (let c = 0; c < 3; c++) rgb[c] = 1 - (1 - rgb[c]) * 0.5;
  },
} as const satisfies Record<string, PixelChange>;

/** Looks that change the style of the picture. */
export const STYLE_LOOKS = {
  'black and white': duotone([0, 0, 0], [1, 1, 1]),
  sepia: duotone([0.1, 0.05, 0], [1, 0.88, 0.66]),
  negative: (rgb) => {
    for (let c = 0; c < 3; c++) rgb[c] = 1 - rgb[c];
  },
  'blue and white': duotone([0, 0.06, 0.5], [1, 1, 1]),
} as const satisfies Record<string, PixelChange>;

export type GlobalLook = keyof typeof GLOBAL_LOOKS;
export type StyleLook = keyof typeof STYLE_LOOKS;
export type Look = GlobalLook | StyleLook;

export const GLOBAL_LOOK_NAMES = Object.keys(GLOBAL_LOOKS) as readonly GlobalLook[];
export const STYLE_LOOK_NAMES = Object.keys(STYLE_LOOKS) as readonly StyleLook[];

export const LOOKS: Readonly<Record<Look, PixelChange>> = { ...GLOBAL_LOOKS, ...STYLE_LOOKS };
