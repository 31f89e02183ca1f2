import { add, cast, concat, constant, cos, mul, sin, slice, type Tensor } from '@rewardedit/graph';
import type { Scope } from '../parameters.ts';

/** The buffer's name. It is never trained, but random: part of the weights, without a gradient. */
export const POSITION_BUFFER = 'positional_encoding_gaussian_matrix';

/**
 * Random-Fourier positions of a grid of h x w pixels, row by row: [1, h w, width] (f32; SAM's `PositionEmbeddingRandom`).
 * They are [sin c, cos c] of c = 2 pi (x, y) G, with x and y from -1 to 1 at the pixels' centres.
 */
export function fourierPositions(
  scope: Scope,
  { height, width }: { height: number; width: number },
  channels: number,
): Tensor {
  const half = channels / 2;
  const matrix = cast(scope.parameter(POSITION_BUFFER, [2, half], { kind: 'normal', deviation: 1 }), 'f32');
  const centre = (i: number, size: number) => 2 * Math.PI * ((2 * (i + 0.5)) / size - 1);
  const pixels = Array.from({ length: height * width }, (_, i) => i);
  const at = (values: number[]) => constant(Float32Array.from(values), [1, height * width, 1]);
  const x = at(pixels.map((pixel) => centre(pixel % width, width)));
  const y = at(pixels.map((pixel) => centre(Math.floor(pixel / width), height)));
  const row = (i: number) => slice(matrix, [i, 0], [1, half]);
  // Two products and a sum, not a matrix product, which a backend may compute with less precision than a phase needs.
  const phase = add(mul(x, row(0)), mul(y, row(1)));
  return concat([sin(phase), cos(phase)], 2);
}
