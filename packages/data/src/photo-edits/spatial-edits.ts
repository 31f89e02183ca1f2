import { blockMeans } from '../pictures/block-means.ts';
import { boxBlur } from '../pictures/box-blur.ts';
import { blankPixels, blendPixels, luma, mapPixels, type Pixels } from '../pictures/pixels.ts';
import { NAMED_COLOURS, brighten, darken, scaleSaturation, tint } from './colour-edits.ts';
import type { PhotoEdit } from './photo-edit.ts';

const side = (pixels: Pixels) => Math.min(pixels.width, pixels.height);

/** Returns `share` of the shorter side in whole pixels, at least 1. */
const pixelsOf = (pixels: Pixels, share: number) => Math.max(1, Math.round(side(pixels) * share));

/**
 * Returns the period of a pattern in pixels, at least 1: `coarse` of the shorter side, so that it is visible in a small picture, but at most
 * `most` pixels in larger ones, unless that is less than `fine` of the side.
 */
const patternStep = (
  pixels: Pixels,
  { coarse, fine, most }: { coarse: number; fine: number; most: number },
) => Math.max(1, Math.round(Math.max(side(pixels) * fine, Math.min(side(pixels) * coarse, most))));

function softBlur(pixels: Pixels): Pixels {
  const radius = pixelsOf(pixels, 0.03);
  return boxBlur(boxBlur(pixels, radius), radius);
}

/** Moves pixels: `from` returns the source of the pixel at (x, y). */
function moved(pixels: Pixels, from: (x: number, y: number) => [x: number, y: number]): Pixels {
  const result = blankPixels(pixels.width, pixels.height);
  for (let y = 0; y < pixels.height; y++) {
    for (let x = 0; x < pixels.width; x++) {
      const [fromX, fromY] = from(x, y);
      const start = (fromY * pixels.width + fromX) * 3;
      result.data.set(pixels.data.subarray(start, start + 3), (y * pixels.width + x) * 3);
    }
  }
  return result;
}

/** Makes one weight per pixel from the position of its centre, -1 to 1 across and down. */
function maskOf(pixels: Pixels, weight: (x: number, y: number) => number): Float32Array {
  const { width, height } = pixels;
  return Float32Array.from({ length: width * height }, (_, i) =>
    weight((((i % width) + 0.5) / width) * 2 - 1, ((Math.floor(i / width) + 0.5) / height) * 2 - 1),
  );
}

/** Weights that are 0 in a central disc two thirds of the picture wide and 1 outside, with a soft edge. */
function aroundCentre(pixels: Pixels): Float32Array {
  return maskOf(pixels, (x, y) => Math.min(1, Math.max(0, (Math.hypot(x, y) - 0.62) / 0.12)));
}

const HALVES: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  left: (x) => x < 0,
  right: (x) => x > 0,
  top: (_x, y) => y < 0,
  bottom: (_x, y) => y > 0,
};

const HALF_TREATMENTS: Readonly<Record<string, (pixels: Pixels) => Pixels>> = {
  'black and white': (pixels) => scaleSaturation(pixels, 0),
  darker: darken,
  brighter: brighten,
  blue: (pixels) => tint(pixels, NAMED_COLOURS.blue),
};

/** Computes the gradient of the brightness, across and down, at each pixel. */
function brightnessSlopes(pixels: Pixels): { across: Float32Array; down: Float32Array } {
  const { width, height } = pixels;
  const brightness = (x: number, y: number) => {
    const at = (Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * 3;
    return luma(pixels.data.subarray(at, at + 3));
  };
  const across = new Float32Array(width * height);
  const down = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      across[i] = brightness(x + 1, y) - brightness(x - 1, y);
      down[i] = brightness(x, y + 1) - brightness(x, y - 1);
    }
  }
  return { across, down };
}

/** Makes a grey picture from one value per pixel. */
function greyPixels(like: Pixels, value: (i: number) => number): Pixels {
  const grey = blankPixels(like.width, like.height);
  for (let i = 0; i < like.width * like.height; i++) grey.data.fill(value(i), i * 3, i * 3 + 3);
  return grey;
}

/** Edits in which a pixel depends on its position or its neighbours. */
export const SPATIAL_EDITS = {
  sketch: {
    kind: 'style',
    wordings: [
      'turn it into a pencil sketch',
      'make it a pencil drawing on white paper',
      'draw it in pencil',
    ],
    apply: (pixels) => {
      const { across, down } = brightnessSlopes(pixels);
      return greyPixels(pixels, (i) => 1 - Math.min(1, 2 * Math.hypot(across[i], down[i])));
    },
  },
  pixelate: {
    kind: 'style',
    wordings: ['pixelate the photo', 'turn it into pixel art', 'make it out of big square blocks'],
    apply: (pixels) => blockMeans(pixels, patternStep(pixels, { coarse: 1 / 10, fine: 1 / 28, most: 9 })),
  },
  blur: {
    kind: 'global',
    wordings: ['blur the photo', 'make it blurry', 'make the whole picture out of focus'],
    opposite: 'sharpen',
    apply: softBlur,
  },
  sharpen: {
    kind: 'global',
    wordings: ['sharpen the photo', 'make it sharper', 'make the edges crisper'],
    opposite: 'blur',
    apply: (pixels) => blendPixels(boxBlur(pixels, 1), pixels, 3),
  },
  vignette: {
    kind: 'global',
    wordings: ['darken the corners', 'add a dark vignette', 'let the photo get dark towards its corners'],
    apply: (pixels) => {
      const corners = maskOf(pixels, (x, y) => Math.min(1, Math.max(0, (Math.hypot(x, y) - 0.55) / 0.75)));
      return blendPixels(pixels, blankPixels(pixels.width, pixels.height), 1, corners);
    },
  },
  mirror: {
    kind: 'global',
    wordings: ['mirror it left to right', 'flip the photo from left to right', 'swap left and right'],
    opposite: 'upside down',
    moves: true,
    apply: (pixels) => moved(pixels, (x, y) => [pixels.width - 1 - x, y]),
  },
  'upside down': {
    kind: 'global',
    wordings: ['turn it upside down', 'flip the photo upside down', 'flip it from top to bottom'],
    opposite: 'mirror',
    moves: true,
    apply: (pixels) => moved(pixels, (x, y) => [x, pixels.height - 1 - y]),
  },
  spotlight: {
    kind: 'background',
    wordings: [
      'darken the background around the centre',
      'put a spotlight on the centre',
      'leave only the centre bright',
    ],
    apply: (pixels) =>
      blendPixels(pixels, blankPixels(pixels.width, pixels.height), 0.75, aroundCentre(pixels)),
  },
  'blurred background': {
    kind: 'background',
    wordings: [
      'blur the background around the centre',
      'keep only the centre sharp',
      'blur all but the centre',
    ],
    apply: (pixels) => blendPixels(pixels, softBlur(softBlur(pixels)), 1, aroundCentre(pixels)),
  },
  'grey background': {
    kind: 'background',
    wordings: [
      'make the background around the centre black and white',
      'keep the colours only in the centre',
      'make all but the centre black and white',
    ],
    apply: (pixels) => blendPixels(pixels, scaleSaturation(pixels, 0), 1, aroundCentre(pixels)),
  },
  'scan lines': {
    kind: 'texture',
    wordings: [
      'add dark scan lines',
      'cover it with dark horizontal lines',
      'make it look like an old television',
    ],
    apply: (pixels) => {
      const width = patternStep(pixels, { coarse: 1 / 32, fine: 1 / 80, most: 3 });
      return mapPixels(pixels, (rgb, _x, y) => {
        if (Math.floor(y / width) % 2 === 1) for (let c = 0; c < 3; c++) rgb[c] *= 0.35;
      });
    },
  },
  relief: {
    kind: 'texture',
    wordings: ['turn it into a grey stone relief', 'emboss the photo', 'make it look carved in grey stone'],
    apply: (pixels) => {
      const { across, down } = brightnessSlopes(pixels);
      return greyPixels(pixels, (i) => 0.55 - 1.2 * (across[i] + down[i]));
    },
  },
  frame: {
    kind: 'add',
    wordings: ['add a {colour} frame', 'put a {colour} border around the photo', 'frame it in {colour}'],
    parameters: { colour: ['white', 'black', 'red', 'green', 'blue', 'yellow'] },
    apply: (pixels, { colour }) => {
      const width = pixelsOf(pixels, 1 / 10);
      const right = pixels.width - width;
      const bottom = pixels.height - width;
      return mapPixels(pixels, (rgb, x, y) => {
        if (x < width || y < width || x >= right || y >= bottom) rgb.set(NAMED_COLOURS[colour]);
      });
    },
  },
  circle: {
    kind: 'add',
    wordings: [
      'add a {colour} circle in the {corner} corner',
      'put a {colour} circle in the {corner} corner',
      'draw a {colour} circle in the {corner} corner',
    ],
    parameters: {
      colour: ['white', 'black', 'red', 'green', 'blue', 'yellow'],
      corner: ['top left', 'top right', 'bottom left', 'bottom right'],
    },
    apply: (pixels, { colour, corner }) => {
      const radius = side(pixels) * 0.15;
      const margin = side(pixels) * 0.2;
      const centreX = corner.endsWith('left') ? margin : pixels.width - margin;
      const centreY = corner.startsWith('top') ? margin : pixels.height - margin;
      return mapPixels(pixels, (rgb, x, y) => {
        const coverage = Math.min(
          1,
          Math.max(0, radius + 0.5 - Math.hypot(x + 0.5 - centreX, y + 0.5 - centreY)),
        );
        for (let c = 0; c < 3; c++) rgb[c] += coverage * (NAMED_COLOURS[colour][c] - rgb[c]);
      });
    },
  },
  half: {
    kind: 'local',
    wordings: [
      'make the {side} half {treatment}',
      'turn the {side} half {treatment}',
      'change the {side} half to {treatment}',
    ],
    parameters: { side: Object.keys(HALVES), treatment: Object.keys(HALF_TREATMENTS) },
    apply: (pixels, { side, treatment }) => {
      const half = maskOf(pixels, (x, y) => (HALVES[side](x, y) ? 1 : 0));
      return blendPixels(pixels, HALF_TREATMENTS[treatment](pixels), 1, half);
    },
  },
} as const satisfies Record<string, PhotoEdit>;
