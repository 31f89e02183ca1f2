import type { Picture } from '@rewardedit/data';
import { AFFINE_VALUES, guidedAffineMaps } from './guided-affine.ts';
import { mapped } from './overall-map.ts';

/** Windows of 9 pixels a side: small enough to follow an object's outline, large enough to tell a tone from noise. */
const RADIUS = 4;
/** What the maps leave over is taken for the network's noise up to the first of these, for a real change from the second on. */
const NOISE = 0.04;
const REAL = 0.12;

/**
 * Carries an edit that was made at a small size to the photo at its full size, so that it stays sharp. What the edit does to colours is
 * told by an affine map around each pixel of the small picture; the maps are enlarged and applied to the full photo (the fast guided
 * filter: He and Sun, arXiv 1505.00996). What no such map can tell, such as an object that was added, is enlarged as it is and laid over
 * it: it is as sharp as the small picture. Small differences of that kind are left out, because they are the network's noise.
 *
 * @param photo at its full size.
 * @param source the photo at the size at which it was edited; what does not fit its proportions was cut off equally at both ends.
 * @param edited the same after the edit.
 * @returns the photo edited, at its full size.
 */
export function carryEdit(photo: Picture, source: Picture, edited: Picture): Picture {
  const maps = guidedAffineMaps(source, edited, RADIUS);
  const leftOver = whatIsLeft(source, edited, maps.data);
  const { width, height } = photo;
  const data = new Uint8Array(photo.data.length);
  const scale = Math.max(source.width / width, source.height / height);
  const columns = interpolation(width, source.width, scale);
  const rows = interpolation(height, source.height, scale);
  const map = new Float64Array(AFFINE_VALUES);
  const rest = new Float64Array(3);
  for (let y = 0; y < height; y++) {
    const row = rows[y];
    for (let x = 0; x < width; x++) {
      const column = columns[x];
      const corners = [
        [row.first * source.width + column.first, (1 - row.share) * (1 - column.share)],
        [row.first * source.width + column.second, (1 - row.share) * column.share],
        [row.second * source.width + column.first, row.share * (1 - column.share)],
        [row.second * source.width + column.second, row.share * column.share],
      ] as const;
      map.fill(0);
      rest.fill(0);
      for (const [at, weight] of corners) {
        for (let k = 0; k < AFFINE_VALUES; k++) map[k] += weight * maps.data[at * AFFINE_VALUES + k];
        for (let c = 0; c < 3; c++) rest[c] += weight * leftOver[at * 3 + c];
      }
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) {
        let value = 255 * (map[c * 4 + 3] + rest[c]);
        for (let g = 0; g < 3; g++) value += map[c * 4 + g] * photo.data[at + g];
        data[at + c] = Math.round(Math.min(255, Math.max(0, value)));
      }
    }
  }
  return { width, height, data };
}

/** What the edit did beyond the maps at each pixel of the small picture, without what is so small that it is noise; in 0..1. */
function whatIsLeft(source: Picture, edited: Picture, maps: Float32Array): Float32Array {
  const left = new Float32Array(source.data.length);
  for (let at = 0, m = 0; at < left.length; at += 3, m += AFFINE_VALUES) {
    let most = 0;
    for (let c = 0; c < 3; c++) {
      left[at + c] = edited.data[at + c] / 255 - mapped(maps, source.data, at, c, m);
      most = Math.max(most, Math.abs(left[at + c]));
    }
    const share = Math.min(1, Math.max(0, (most - NOISE) / (REAL - NOISE)));
    for (let c = 0; c < 3; c++) left[at + c] *= share;
  }
  return left;
}

/**
 * For each of `to` places the two of `from` it lies between, and how far it is from the first to the second; the middles of both lie on
 * each other. What was cut off the small picture takes what is at its edge.
 */
function interpolation(
  to: number,
  from: number,
  scale: number,
): { first: number; second: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const place = Math.min(from - 1, Math.max(0, (i + 0.5 - to / 2) * scale + from / 2 - 0.5));
    const first = Math.floor(place);
    return { first, second: Math.min(from - 1, first + 1), share: place - first };
  });
}
