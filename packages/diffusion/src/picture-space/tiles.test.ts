import fc from 'fast-check';
import { expect, it } from 'vitest';
import { overTiles, tileStarts, type Grid } from './tiles.ts';

it('covers every position, from the start to the end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), (tile, more) => {
      const length = tile + more;
      const starts = tileStarts(length, tile, 1);
      expect([starts[0], starts.at(-1)! + tile]).toEqual([0, length]);
      starts.slice(1).forEach((start, i) => expect(start - starts[i]).toBeLessThanOrEqual(tile));
    }),
  );
});

it('equals a positionwise function of the whole, for larger and smaller results', async () => {
  const grid: Grid = {
    batch: 2,
    channels: 3,
    width: 14,
    height: 10,
    values: Float32Array.from({ length: 2 * 3 * 140 }, (_, i) => Math.sin(i)),
  };
  const size = { width: 6, height: 4 };
  const doubled = await overTiles(grid, size, 1, async (values) => ({
    ...grid,
    width: 12,
    height: 8,
    values: enlarged(values, 6),
  }));
  expect(doubled).toMatchObject({ batch: 2, channels: 3, width: 28, height: 20 });
  enlarged(grid.values, 14).forEach((value, i) => expect(doubled.values[i]).toBeCloseTo(value, 6));

  const halved = await overTiles(doubled, { width: 12, height: 8 }, 2, async (values) => ({
    ...grid,
    ...size,
    values: reduced(values, 12),
  }));
  grid.values.forEach((value, i) => expect(halved.values[i]).toBeCloseTo(value, 6));
});

it('blends tiles that disagree', async () => {
  const grid: Grid = { batch: 1, channels: 1, width: 14, height: 8, values: new Float32Array(14 * 8) };
  let count = 0;
  const { values } = await overTiles(grid, { width: 8, height: 8 }, 1, async () => ({
    ...grid,
    width: 8,
    values: new Float32Array(64).fill(count++),
  }));
  const row = [...values.subarray(0, 14)];
  expect(row.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(row.slice(8)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(row[6]).toBeGreaterThan(0);
  expect(row[7]).toBeGreaterThan(row[6]);
  expect(row[7]).toBeLessThan(1);
});

function enlarged(values: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: 4 * values.length }, (_, i) => {
    const [row, column] = [Math.floor(i / (2 * width)), i % (2 * width)];
    return values[Math.floor(row / 2) * width + Math.floor(column / 2)];
  });
}

function reduced(values: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: values.length / 4 }, (_, i) => {
    const [row, column] = [Math.floor(i / (width / 2)), i % (width / 2)];
    return values[2 * row * width + 2 * column];
  });
}
