import { luma } from '../../pictures/pixels.ts';
import type { Cutout } from './cutout.ts';

/** Colours for objects, RGB, 0 to 1. */
export const OBJECT_COLOURS = {
  red: [0.85, 0.08, 0.1],
  green: [0.15, 0.65, 0.15],
  blue: [0.12, 0.25, 0.9],
  yellow: [0.95, 0.82, 0.08],
  purple: [0.55, 0.15, 0.75],
  orange: [0.95, 0.5, 0.05],
} as const;
export type ObjectColour = keyof typeof OBJECT_COLOURS;
export const OBJECT_COLOUR_NAMES = Object.keys(OBJECT_COLOURS) as readonly ObjectColour[];

/** How much of the brightness above the object's mean goes towards white. */
const HIGHLIGHT = 0.5;

/** Recolours a pixel of an object: exactly at the object's mean brightness; shades and highlights are kept. */
export function recoloured(rgb: Float32Array, name: ObjectColour, mean: number): void {
  const shade = luma(rgb) / Math.max(mean, 0.1);
  const highlight = Math.min(1, HIGHLIGHT * Math.max(0, shade - 1));
  for (let c = 0; c < 3; c++) {
    const shaded = OBJECT_COLOURS[name][c] * Math.min(1, shade);
    rgb[c] = shaded + highlight * (1 - shaded);
  }
}

/** Returns the mean brightness (luma) of an object. */
export function meanBrightness({ data }: Cutout): number {
  let [sum, weight] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    sum += luma(data.subarray(at, at + 3)) * data[at + 3];
    weight += data[at + 3];
  }
  return sum / Math.max(weight, 1e-6);
}

/** Darkens a pixel on a dark slanting stripe; `along` is in sides of the picture. */
export function striped(rgb: Float32Array, along: number): void {
  if ((along * 16) % 1 < 0.5) for (let c = 0; c < 3; c++) rgb[c] *= 0.3;
}

/** Distance on the colour wheel up to which two colours count as the same. */
const SAME_HUE = 50;

/** Lists the colours in which recolouring the object is visible. */
export function otherColours({ data }: Cutout): ObjectColour[] {
  const mean = [0, 0, 0];
  for (let at = 0; at < data.length; at += 4)
    for (let c = 0; c < 3; c++) mean[c] += data[at + c] * data[at + 3];
  const own = hue(mean);
  return OBJECT_COLOUR_NAMES.filter((name) => {
    const apart = own === undefined ? 180 : Math.abs(own - hue(OBJECT_COLOURS[name])!);
    return Math.min(apart, 360 - apart) > SAME_HUE;
  });
}

/** Returns degrees on the colour wheel; undefined if nearly grey. */
function hue([red, green, blue]: readonly number[]): number | undefined {
  const most = Math.max(red, green, blue);
  const range = most - Math.min(red, green, blue);
  if (range < 0.15 * most) return undefined;
  if (most === red) return (60 * (green - blue)) / range + (green < blue ? 360 : 0);
  return most === green ? 120 + (60 * (blue - red)) / range : 240 + (60 * (red - green)) / range;
}
