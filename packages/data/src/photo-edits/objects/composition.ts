import { clampPixels, luma, type Pixels } from '../../pictures/pixels.ts';
import { boxBlur } from '../../pictures/box-blur.ts';
import type { Cutout } from './cutout.ts';
import { meanBrightness, recoloured, striped, type ObjectColour } from './object-look.ts';

/** Places of objects, in words that instructions use. */
export const PLACES = ['on the left', 'in the middle', 'on the right'] as const;
export type Place = (typeof PLACES)[number];

/** An object in a photo. */
export type PlacedObject = {
  readonly cutout: Cutout;
  readonly place: Place;
  /** As shares of the picture's side: offset to the right of the place's centre, position of the lower edge, and size. */
  readonly shift: number;
  readonly ground: number;
  readonly scale: number;
  readonly colour?: ObjectColour;
  readonly striped?: true;
};

/** A photo and its objects: everything that a picture depends on. At most one object per place. */
export type Composition = { readonly photo: Pixels; readonly objects: readonly PlacedObject[] };

/** Centres of the places, as shares of the width. */
const MIDDLES: Readonly<Record<Place, number>> = {
  'on the left': 0.21,
  'in the middle': 0.5,
  'on the right': 0.79,
};
/** Greatest width of an object, as a share of the picture's width, so that neighbours hardly overlap. */
const WIDEST = 0.36;

/** Draws the photo with its objects, from left to right, each in the light of the photo around it and with a shadow. */
export function drawComposition({ photo, objects }: Composition): Pixels {
  let pixels = photo;
  for (const object of objects) pixels = pasted(pixels, photo, object);
  return clampPixels(pixels);
}

/** Returns how much of each pixel shows the object, without its shadow: one weight per pixel. */
export function objectMask(pixels: Pixels, object: PlacedObject): Float32Array {
  return layOut(object, pixels.width, pixels.height).alpha;
}

type Layer = { readonly alpha: Float32Array; readonly colours: Float32Array; readonly box: Box };
type Box = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

function boxOf({ cutout, place, shift, ground, scale }: PlacedObject, width: number, height: number): Box {
  const factor = Math.min((scale * height) / cutout.height, (WIDEST * width) / cutout.width);
  const box = { width: cutout.width * factor, height: cutout.height * factor };
  return {
    ...box,
    left: (MIDDLES[place] + shift) * width - box.width / 2,
    top: ground * height - box.height,
  };
}

/** Draws the object on an empty sheet of the picture's size. Each pixel is the mean of the part of the cut-out that it covers. */
function layOut(object: PlacedObject, width: number, height: number): Layer {
  const { cutout } = object;
  const box = boxOf(object, width, height);
  const alpha = new Float32Array(width * height);
  const colours = new Float32Array(width * height * 3);
  const step = cutout.width / box.width;
  const last = (start: number, length: number, limit: number) => Math.min(limit, Math.ceil(start + length));
  for (let y = Math.max(0, Math.floor(box.top)); y < last(box.top, box.height, height); y++) {
    for (let x = Math.max(0, Math.floor(box.left)); x < last(box.left, box.width, width); x++) {
      const sum = coveredMean(cutout, (x - box.left) * step, (y - box.top) * step, step);
      const at = y * width + x;
      alpha[at] = sum[3];
      if (sum[3] > 0) for (let c = 0; c < 3; c++) colours[at * 3 + c] = sum[c] / sum[3];
    }
  }
  return { alpha, colours, box };
}

/** Returns the premultiplied mean of a square of the cut-out, which is empty outside its edges. */
function coveredMean(cutout: Cutout, left: number, top: number, side: number): number[] {
  // An enlarged cut-out is interpolated.
  if (side < 1) return between(cutout, left + side / 2, top + side / 2);
  const samples = Math.max(2, Math.ceil(side));
  const sum = [0, 0, 0, 0];
  for (let j = 0; j < samples; j++) {
    const y = Math.floor(top + ((j + 0.5) / samples) * side);
    for (let i = 0; i < samples; i++)
      addPixel(sum, cutout, Math.floor(left + ((i + 0.5) / samples) * side), y, 1 / samples ** 2);
  }
  return sum;
}

/** Interpolates the colour at a point from the centres of the four pixels around it. */
function between(cutout: Cutout, x: number, y: number): number[] {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [right, below] = [x - 0.5 - left, y - 0.5 - top];
  const sum = [0, 0, 0, 0];
  addPixel(sum, cutout, left, top, (1 - right) * (1 - below));
  addPixel(sum, cutout, left + 1, top, right * (1 - below));
  addPixel(sum, cutout, left, top + 1, (1 - right) * below);
  addPixel(sum, cutout, left + 1, top + 1, right * below);
  return sum;
}

function addPixel(
  sum: number[],
  { width, height, data }: Cutout,
  x: number,
  y: number,
  weight: number,
): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const at = (y * width + x) * 4;
  for (let c = 0; c < 3; c++) sum[c] += weight * data[at + c] * data[at + 3];
  sum[3] += weight * data[at + 3];
}

function pasted(below: Pixels, photo: Pixels, object: PlacedObject): Pixels {
  const { width, height } = below;
  const layer = layOut(object, width, height);
  const light = lightAround(photo, layer);
  const shadow = shadowOf(layer, width, height);
  const data = Float32Array.from(below.data);
  const rgb = new Float32Array(3);
  const brightness = meanBrightness(object.cutout);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[i * 3 + c] *= 1 - shadow[i];
    const alpha = layer.alpha[i];
    if (alpha === 0) continue;
    for (let c = 0; c < 3; c++) rgb[c] = layer.colours[i * 3 + c];
    if (object.colour !== undefined) recoloured(rgb, object.colour, brightness);
    if (object.striped === true) striped(rgb, (i % width) / width + Math.floor(i / width) / height);
    for (let c = 0; c < 3; c++) {
      const lit = Math.min(1, rgb[c] * light[c]);
      data[i * 3 + c] += alpha * (lit - data[i * 3 + c]);
    }
  }
  return { width, height, data };
}

/** Light of a neutral grey photo. A darker photo darkens objects and a yellow one makes them yellower, half as much as itself. */
const NEUTRAL = 0.45;
const MATCHED = 0.5;
const CAST_MATCHED = 0.3;

/** Returns factors for red, green and blue that put the object into the light of the photo around it. */
function lightAround(photo: Pixels, { box }: Layer): number[] {
  const mean = [0, 0, 0];
  let count = 0;
  const margin = 0.25 * Math.max(box.width, box.height);
  const from = (start: number) => Math.max(0, Math.floor(start - margin));
  const to = (end: number, limit: number) => Math.min(limit, Math.ceil(end + margin));
  for (let y = from(box.top); y < to(box.top + box.height, photo.height); y++) {
    for (let x = from(box.left); x < to(box.left + box.width, photo.width); x++) {
      for (let c = 0; c < 3; c++) mean[c] += photo.data[(y * photo.width + x) * 3 + c];
      count += 1;
    }
  }
  const grey = luma(mean) / count;
  const brightness = Math.min(1.25, Math.max(0.6, 1 + MATCHED * (grey / NEUTRAL - 1)));
  return mean.map(
    (sum) =>
      brightness * Math.min(1.3, Math.max(0.75, ((sum / count + 0.05) / (grey + 0.05)) ** CAST_MATCHED)),
  );
}

/** Returns how much darker each pixel becomes: a flat, soft ellipse on the ground below the object. */
function shadowOf({ alpha, box }: Layer, width: number, height: number): Float32Array {
  const sheet: Pixels = { width, height, data: new Float32Array(width * height * 3) };
  const ground = box.top + box.height;
  // The object touches the ground in the columns that are filled in its lowest eighth.
  let [first, last] = [width, -1];
  for (
    let y = Math.max(0, Math.floor(ground - box.height / 8));
    y < Math.min(height, Math.ceil(ground));
    y++
  ) {
    for (let x = 0; x < width; x++) {
      if (alpha[y * width + x] < 0.3) continue;
      first = Math.min(first, x);
      last = Math.max(last, x);
    }
  }
  if (last < first) return new Float32Array(width * height);
  const [centre, across] = [(first + last + 1) / 2, (last - first + 1) / 2 + 0.08 * box.width];
  const down = Math.max(1, 0.07 * box.height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (((x + 0.5 - centre) / across) ** 2 + ((y + 0.5 - (ground - 0.4 * down)) / down) ** 2 <= 1)
        sheet.data[(y * width + x) * 3] = 0.5;
  const radius = Math.max(1, Math.round(down / 2));
  const soft = boxBlur(boxBlur(sheet, radius), radius);
  return Float32Array.from({ length: width * height }, (_, i) => soft.data[i * 3]);
}
