import { add, cast, concat, constant, cos, mul, sin, slice, type Tensor } from '@rewardedit/graph';
import type { Scope } from '../parameters.ts';

/** Name of the random matrix. It is stored with the weights but never trained, and has no gradient. */
export const POSITION_BUFFER = 'positional_encoding_gaussian_matrix';

/**
 * Random Fourier features of the positions in an h x w grid, row by row: [1, h w, width] (f32; SAM's `PositionEmbeddingRandom`). They are
 * [sin c, cos c] of c = 2 pi (x, y) G, with x and y in [-1, 1] at the centres of the grid's cells.
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
  // Two products and a sum rather than a matrix product, whose precision on some backends is too low for a phase.
  const phase = add(mul(x, row(0)), mul(y, row(1)));
  return concat([sin(phase), cos(phase)], 2);
}
