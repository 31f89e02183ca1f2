import type { Picture } from '@rewardedit/data';
import { pixelsFor } from './cells.ts';

/** Rows brighter than this separate the parts of a sheet. */
const WHITE = 250;

/**
 * Splits a tall sheet of pictures between its parts, and sets them in the number of columns that fills a space of characters
 * best. A sheet without white rows is kept.
 */
export function reflow(sheet: Picture, columns: number, rows: number): Picture {
  const white = whiteRows(sheet);
  let best = { cuts: [0, sheet.height], scale: scaleOf(sheet.width, sheet.height, columns, rows) };
  for (let count = 2; count <= white.length; count++) {
    const cuts = cutsFor(sheet.height, white, count);
    const scale = scaleOf(count * sheet.width, highest(cuts), columns, rows);
    // More columns would only make a wide sheet wider.
    if (scale <= best.scale) break;
    best = { cuts, scale };
  }
  return inColumns(sheet, best.cuts);
}

function whiteRows({ width, height, data }: Picture): number[] {
  const rows = Array.from({ length: height }, (_, y) => y);
  return rows.filter((y) =>
    data.subarray(3 * width * y, 3 * width * (y + 1)).every((value) => value >= WHITE),
  );
}

/** Where to split into a number of parts: at the white rows nearest to equal parts. */
function cutsFor(height: number, white: readonly number[], count: number): number[] {
  const inner = Array.from({ length: count - 1 }, (_, i) => {
    const wanted = ((i + 1) * height) / count;
    return white.reduce((near, y) => (Math.abs(y - wanted) < Math.abs(near - wanted) ? y : near), white[0]);
  });
  return [...new Set([0, ...inner, height])].toSorted((a, b) => a - b);
}

function highest(cuts: readonly number[]): number {
  return Math.max(...cuts.slice(1).map((to, i) => to - cuts[i]));
}

function scaleOf(width: number, height: number, columns: number, rows: number): number {
  return pixelsFor({ width, height }, columns, rows).width / width;
}

function inColumns({ width, data }: Picture, cuts: readonly number[]): Picture {
  const parts = cuts.slice(1).map((to, i) => ({ from: cuts[i], to }));
  const height = highest(cuts);
  const all = {
    width: parts.length * width,
    height,
    data: new Uint8Array(3 * parts.length * width * height),
  };
  all.data.fill(255);
  parts.forEach(({ from, to }, column) => {
    for (let y = from; y < to; y++)
      all.data.set(
        data.subarray(3 * width * y, 3 * width * (y + 1)),
        3 * ((y - from) * all.width + column * width),
      );
  });
  return all;
}
