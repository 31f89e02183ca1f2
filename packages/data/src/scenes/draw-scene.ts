import { blankPixels, clampPixels, mapPixels, type Pixels } from '../pictures/pixels.ts';
import { LOOKS } from './look.ts';
import { BACKGROUND_COLOURS, SHAPE_COLOURS } from './palette.ts';
import { SCENE_UNITS, type Fill, type Form, type Scene, type Shape, type Texture } from './scene.ts';

/** Each pixel is the mean of this many samples per side. */
const SAMPLES = 2;

/** Brightness of the background at a point (scene units), as a factor of its colour. */
const FILL_BRIGHTNESS: Readonly<Record<Fill, (x: number, y: number) => number>> = {
  plain: () => 1,
  gradient: (_x, y) => 1 - 0.4 * (y / SCENE_UNITS),
  striped: (x, y) => (Math.floor((x + y) / 4) % 2 === 0 ? 1 : 0.84),
};

/** Whether a point (relative to the shape's centre, in radii; y points down) is inside the form. */
const INSIDE: Readonly<Record<Form, (x: number, y: number) => boolean>> = {
  circle: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.88,
  triangle: (x, y) => y <= 0.9 && Math.abs(x) <= (y + 1) * 0.53,
};

/** Brightness of a textured shape at a point (scene units), as a factor of its colour. */
const TEXTURE_BRIGHTNESS: Readonly<Record<Texture, (x: number, y: number) => number>> = {
  stripes: (_x, y) => (y % 4 < 2 ? 0.2 : 1),
  dots: (x, y) => (((x % 4) - 2) ** 2 + ((y % 4) - 2) ** 2 <= 2 ? 0.2 : 1),
};

/** Draws a scene with `size` x `size` pixels. */
export function drawScene(scene: Scene, size: number): Pixels {
  const pixels = blankPixels(size, size);
  const samples = drawSamples(scene, size * SAMPLES);
  const side = size * SAMPLES;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = (y * side + x) * 3;
      const to = (Math.floor(y / SAMPLES) * size + Math.floor(x / SAMPLES)) * 3;
      for (let c = 0; c < 3; c++) pixels.data[to + c] += samples[from + c] / (SAMPLES * SAMPLES);
    }
  }
  return scene.look === undefined ? pixels : clampPixels(mapPixels(pixels, LOOKS[scene.look]));
}

function drawSamples(scene: Scene, side: number): Float32Array {
  const samples = new Float32Array(side * side * 3);
  const unit = SCENE_UNITS / side;
  const [red, green, blue] = BACKGROUND_COLOURS[scene.background.colour];
  const brightness = FILL_BRIGHTNESS[scene.background.fill];
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0; column < side; column++, at += 3) {
      const factor = brightness((column + 0.5) * unit, (row + 0.5) * unit);
      samples[at] = red * factor;
      samples[at + 1] = green * factor;
      samples[at + 2] = blue * factor;
    }
  }
  for (const shape of scene.shapes) drawShape(samples, side, unit, shape);
  return samples;
}

function drawShape(samples: Float32Array, side: number, unit: number, shape: Shape): void {
  const [red, green, blue] = SHAPE_COLOURS[shape.colour];
  const inside = INSIDE[shape.form];
  const brightness = shape.texture === undefined ? () => 1 : TEXTURE_BRIGHTNESS[shape.texture];
  const first = (centre: number) => Math.max(0, Math.floor((centre - shape.radius) / unit));
  const last = (centre: number) => Math.min(side - 1, Math.ceil((centre + shape.radius) / unit));
  for (let row = first(shape.y); row <= last(shape.y); row++) {
    for (let column = first(shape.x); column <= last(shape.x); column++) {
      const x = (column + 0.5) * unit;
      const y = (row + 0.5) * unit;
      if (!inside((x - shape.x) / shape.radius, (y - shape.y) / shape.radius)) continue;
      const factor = brightness(x, y);
      const at = (row * side + column) * 3;
      samples[at] = red * factor;
      samples[at + 1] = green * factor;
      samples[at + 2] = blue * factor;
    }
  }
}
