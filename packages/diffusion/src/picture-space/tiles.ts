/** An array [batch, channels, height, width] flat. */
export interface Grid {
  readonly batch: number;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Tiles overlap by this share of their side, and are blended there. */
const OVERLAP = 0.25;

/**
 * Applies a function to a grid tile by tile, so that memory depends on the size of a tile. All tiles have the same size: the last one of a
 * row ends at the edge and overlaps more.
 *
 * @param tile width and height of a tile in positions of the grid, at most those of the grid.
 * @param multiple positions of the grid per position of the result, or 1 if the result is larger. Tiles start at multiples of it; the
 * sizes of grid and tile must be multiples too.
 * @param run computes one tile. Its result is larger or smaller than the tile by the same factor for every tile.
 */
export async function overTiles(
  grid: Grid,
  tile: { readonly width: number; readonly height: number },
  multiple: number,
  run: (values: Float32Array) => Promise<Grid>,
): Promise<Grid> {
  let result: { grid: Grid; weights: Float32Array } | undefined;
  for (const y of tileStarts(grid.height, tile.height, multiple)) {
    for (const x of tileStarts(grid.width, tile.width, multiple)) {
      const made = await run(cut(grid, { x, y, ...tile }));
      const factor = made.width / tile.width;
      result ??= emptyResult(made, grid, factor);
      blend(result, made, { x: x * factor, y: y * factor });
    }
  }
  const { grid: sum, weights } = result!;
  const area = weights.length;
  return { ...sum, values: sum.values.map((value, i) => value / weights[i % area]) };
}

/** Returns the start of each tile along one side. */
export function tileStarts(length: number, tile: number, multiple: number): number[] {
  const stride = Math.max(1, Math.floor((tile * (1 - OVERLAP)) / multiple)) * multiple;
  const count = Math.ceil((length - tile) / stride) + 1;
  return Array.from({ length: count }, (_, i) => Math.min(i * stride, length - tile));
}

function cut(
  { batch, channels, width, height, values }: Grid,
  tile: { x: number; y: number; width: number; height: number },
): Float32Array {
  const part = new Float32Array(batch * channels * tile.width * tile.height);
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let row = 0; row < tile.height; row++) {
      const from = (plane * height + tile.y + row) * width + tile.x;
      part.set(values.subarray(from, from + tile.width), (plane * tile.height + row) * tile.width);
    }
  }
  return part;
}

function emptyResult({ batch, channels }: Grid, { width, height }: Grid, factor: number) {
  const size = { width: Math.round(width * factor), height: Math.round(height * factor) };
  const area = size.width * size.height;
  return {
    grid: { batch, channels, ...size, values: new Float32Array(batch * channels * area) },
    weights: new Float32Array(area),
  };
}

/** Adds a tile, weighted less towards its edges. */
function blend(
  { grid, weights }: { grid: Grid; weights: Float32Array },
  tile: Grid,
  at: { x: number; y: number },
): void {
  const weight = (row: number, column: number) => fading(row, tile.height) * fading(column, tile.width);
  const planes = grid.batch * grid.channels;
  for (let row = 0; row < tile.height; row++) {
    for (let column = 0; column < tile.width; column++) {
      const share = weight(row, column);
      const to = (at.y + row) * grid.width + at.x + column;
      weights[to] += share;
      for (let plane = 0; plane < planes; plane++) {
        grid.values[plane * grid.width * grid.height + to] +=
          share * tile.values[(plane * tile.height + row) * tile.width + column];
      }
    }
  }
}

/** Rises from nearly 0 at the edge to 1 at the end of the overlap. */
function fading(position: number, length: number): number {
  const edge = Math.min(position, length - 1 - position) + 1;
  return Math.min(1, edge / (OVERLAP * length + 1));
}
