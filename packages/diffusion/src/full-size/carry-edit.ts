import type { Picture } from '@rewardedit/data';
import { AFFINE_VALUES, guidedAffineMaps } from './guided-affine.ts';
import { mapped } from './overall-map.ts';

/** Windows are 9 pixels a side: small enough to follow an object's outline, large enough to tell a change of tone from noise. */
const RADIUS = 4;
/** Residuals of the maps up to the first are the network's noise and removed; from the second on they are kept in full. */
const NOISE = 0.04;
const REAL = 0.12;

/**
 * Transfers an edit made at a small size to the full-size photo, so that it stays sharp. An affine map of colours is fitted around each
 * pixel of the small picture, enlarged, and applied to the full photo (the fast guided filter: He and Sun, arXiv 1505.00996). The
 * residual, such as an added object, is enlarged and added: it is only as sharp as the small picture. Small residuals are dropped
 * as the network's noise.
 *
 * @param photo at its full size.
 * @param source the photo at the size it was edited at. If the proportions differ, it was cropped equally at both ends.
 * @param edited the edited source.
 * @returns the edited photo, at its full size.
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

/** Returns the residual of the maps at each pixel of the small picture, in 0..1, faded out where it is small enough to be noise. */
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
 * Returns, for each of `to` pixels, its two neighbours among `from` pixels and the weight of the second. The centres coincide; pixels
 * that were cropped from the small picture use its edge.
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
