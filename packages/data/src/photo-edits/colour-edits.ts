import { luma, mapPixels, type Pixels } from '../pictures/pixels.ts';
import type { PhotoEdit } from './photo-edit.ts';

/** Colours that instructions name, RGB, 0 to 1. */
export const NAMED_COLOURS: Readonly<Record<string, readonly number[]>> = {
  red: [0.9, 0.12, 0.12],
  green: [0.15, 0.75, 0.2],
  blue: [0.15, 0.3, 0.95],
  yellow: [1, 0.87, 0.1],
  purple: [0.6, 0.2, 0.8],
  white: [1, 1, 1],
  black: [0, 0, 0],
};

const CHANNELS: Readonly<Record<string, number>> = { red: 0, green: 1, blue: 2 };

/** Applies the same function to each of the three channels. */
function mapChannels(pixels: Pixels, change: (value: number) => number): Pixels {
  return mapPixels(pixels, (rgb) => {
    for (let c = 0; c < 3; c++) rgb[c] = change(rgb[c]);
  });
}

/** Multiplies the three channels. */
function scaleChannels(pixels: Pixels, factors: readonly number[]): Pixels {
  return mapPixels(pixels, (rgb) => {
    for (let c = 0; c < 3; c++) rgb[c] *= factors[c];
  });
}

/** Moves every colour away from its grey (factor above 1) or towards it. */
export function scaleSaturation(pixels: Pixels, factor: number): Pixels {
  return mapPixels(pixels, (rgb) => {
    const grey = luma(rgb);
    for (let c = 0; c < 3; c++) rgb[c] = grey + factor * (rgb[c] - grey);
  });
}

/** Mixes in a colour, scaled to the pixel's brightness, with strength 0.55. */
export function tint(pixels: Pixels, colour: readonly number[]): Pixels {
  return mapPixels(pixels, (rgb) => {
    const brightness = 0.25 + luma(rgb);
    for (let c = 0; c < 3; c++) rgb[c] += 0.55 * (colour[c] * brightness - rgb[c]);
  });
}

export const darken = (pixels: Pixels) => mapChannels(pixels, (value) => value * 0.5);
export const brighten = (pixels: Pixels) => mapChannels(pixels, (value) => 1 - (1 - value) * 0.55);

/** Edits in which each pixel depends only on its own colour. */
export const COLOUR_EDITS = {
  'black and white': {
    kind: 'style',
    wordings: [
      'make it black and white',
      'turn the photo into a black and white photo',
      'take away all colour',
    ],
    apply: (pixels) => scaleSaturation(pixels, 0),
  },
  sepia: {
    kind: 'style',
    wordings: ['make it sepia', 'give the photo an old sepia tone', 'turn it into a brown sepia photo'],
    apply: (pixels) =>
      mapPixels(pixels, (rgb) => {
        const grey = luma(rgb);
        rgb[0] = 0.1 + 0.94 * grey;
        rgb[1] = 0.05 + 0.83 * grey;
        rgb[2] = 0.62 * grey;
      }),
  },
  negative: {
    kind: 'style',
    wordings: ['invert the colours', 'turn the photo into a negative', 'make it look like a film negative'],
    apply: (pixels) => mapChannels(pixels, (value) => 1 - value),
  },
  posterise: {
    kind: 'style',
    wordings: [
      'posterise the photo',
      'reduce it to a few flat colours',
      'make it look like a poster in few colours',
    ],
    apply: (pixels) => mapChannels(pixels, (value) => Math.round(value * 3) / 3),
  },
  brighter: {
    kind: 'global',
    wordings: [
      'make it brighter',
      'brighten the photo',
      'turn up the brightness',
      'lighten the whole picture',
    ],
    opposite: 'darker',
    apply: brighten,
  },
  darker: {
    kind: 'global',
    wordings: ['make it darker', 'darken the photo', 'turn down the brightness', 'dim the whole picture'],
    opposite: 'brighter',
    apply: darken,
  },
  'more contrast': {
    kind: 'global',
    wordings: ['increase the contrast', 'give it more contrast', 'make the contrast stronger'],
    opposite: 'less contrast',
    apply: (pixels) => mapChannels(pixels, (value) => 0.5 + (value - 0.5) * 1.9),
  },
  'less contrast': {
    kind: 'global',
    wordings: ['make it look faded', 'lower the contrast', 'give it less contrast', 'fade the photo'],
    opposite: 'more contrast',
    apply: (pixels) => mapChannels(pixels, (value) => 0.58 + (value - 0.5) * 0.42),
  },
  'more saturated': {
    kind: 'global',
    wordings: ['make the colours stronger', 'increase the saturation', 'make it more colourful'],
    opposite: 'less saturated',
    apply: (pixels) => scaleSaturation(pixels, 2.2),
  },
  'less saturated': {
    kind: 'global',
    wordings: ['make the colours paler', 'lower the saturation', 'make it less colourful'],
    opposite: 'more saturated',
    apply: (pixels) => scaleSaturation(pixels, 0.3),
  },
  warmer: {
    kind: 'global',
    wordings: ['make it warmer', 'give it a warmer light', 'make the light look like a sunset'],
    opposite: 'colder',
    apply: (pixels) => scaleChannels(pixels, [1.18, 0.98, 0.62]),
  },
  colder: {
    kind: 'global',
    wordings: ['make it colder', 'give it a colder light', 'make the light look cold and blue'],
    opposite: 'warmer',
    apply: (pixels) => scaleChannels(pixels, [0.66, 0.95, 1.22]),
  },
  tint: {
    kind: 'global',
    wordings: ['give it a {colour} tint', 'tint the photo {colour}', 'shift the colours towards {colour}'],
    parameters: { colour: ['red', 'green', 'blue', 'yellow', 'purple'] },
    apply: (pixels, { colour }) => tint(pixels, NAMED_COLOURS[colour]),
  },
  'swap channels': {
    kind: 'global',
    wordings: [
      'swap {channels}',
      'exchange {channels} with each other',
      'swap the {channels} in the colours',
    ],
    parameters: { channels: ['red and green', 'red and blue', 'green and blue'] },
    apply: (pixels, { channels }) => {
      const [first, second] = channels.split(' and ').map((name) => CHANNELS[name]);
      return mapPixels(pixels, (rgb) => {
        [rgb[first], rgb[second]] = [rgb[second], rgb[first]];
      });
    },
  },
  'remove channel': {
    kind: 'remove',
    wordings: [
      'remove all {channel} from the colours',
      'take all the {channel} out',
      'remove the {channel} light',
    ],
    parameters: { channel: ['red', 'green', 'blue'] },
    apply: (pixels, { channel }) =>
      mapPixels(pixels, (rgb) => {
        rgb[CHANNELS[channel]] = 0;
      }),
  },
} as const satisfies Record<string, PhotoEdit>;
