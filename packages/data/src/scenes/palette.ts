/** Red, green and blue, 0 to 1. */
export type Rgb = readonly [red: number, green: number, blue: number];

const rgb = (red: number, green: number, blue: number): Rgb => [red / 255, green / 255, blue / 255];

/** Colours of shapes, which stand out on every background, also in black and white. */
export const SHAPE_COLOURS = {
  red: rgb(225, 35, 35),
  green: rgb(60, 200, 60),
  blue: rgb(40, 70, 225),
  yellow: rgb(250, 220, 20),
  purple: rgb(150, 40, 200),
  orange: rgb(250, 135, 15),
} as const satisfies Record<string, Rgb>;

/** Colours of backgrounds. */
export const BACKGROUND_COLOURS = {
  white: rgb(248, 248, 248),
  grey: rgb(172, 172, 172),
  pink: rgb(243, 155, 190),
  brown: rgb(82, 48, 28),
  teal: rgb(5, 82, 90),
  cream: rgb(250, 236, 190),
} as const satisfies Record<string, Rgb>;

export type ShapeColour = keyof typeof SHAPE_COLOURS;
export type BackgroundColour = keyof typeof BACKGROUND_COLOURS;

export const SHAPE_COLOUR_NAMES = Object.keys(SHAPE_COLOURS) as readonly ShapeColour[];
export const BACKGROUND_COLOUR_NAMES = Object.keys(BACKGROUND_COLOURS) as readonly BackgroundColour[];
